"""Large images in tiles, so that a network sees targets at the size that it was trained to see.

A network whose images were stretched to R x R pixels sees one of 3840 x 2160 shrunk seven times, and what it was
trained to find is gone. Such an image is cut into tiles of R x R of its own pixels, each of which goes through the
network as a training image went. Tiles overlap. Where they do, scores are averaged, each weighted by how far the pixel is from the
edge of its tile: a target on the border of two tiles lies well inside at least one of them and comes out once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

OVERLAP = 64
"""Pixels that neighbours share at least: several times the size of a small target. A small tile's shares a quarter."""
LARGE = 1.5
"""An image is cut where stretching it would shrink a side by more than this."""

Place = tuple[slice, slice]
"""The rows and the columns of a tile."""


def is_large(shape: Sequence[int], side: int) -> bool:
    """Whether an image (H, W) would be shrunk by more than LARGE, were it stretched to `side` x `side` pixels."""
    return max(shape) > LARGE * side


def cut(shape: Sequence[int], side: int) -> list[Place]:
    """Tiles of `side` x `side` pixels that cover an image (H, W), row by row; one is as small as the image where that
    is smaller.

    >>> [(rows.start, columns.start) for rows, columns in cut((100, 220), 128)]
    [(0, 0), (0, 92)]
    """
    rows, columns = (_starts(length, side) for length in shape)
    return [
        (slice(top, min(top + side, shape[0])), slice(left, min(left + side, shape[1])))
        for top in rows
        for left in columns
    ]


def join(scores: Sequence[np.ndarray], places: Sequence[Place], shape: tuple[int, int]) -> np.ndarray:
    """The score map (H, W) float32 of an image from those of its tiles."""
    total, weights = np.zeros(shape, np.float64), np.zeros(shape, np.float64)
    for score, place in zip(scores, places, strict=True):
        weight = np.multiply.outer(*(_ramp(length) for length in score.shape))
        total[place] += weight * score
        weights[place] += weight
    return np.clip(total / weights, 0.0, 1.0).astype(np.float32)


def _starts(length: int, side: int) -> list[int]:
    """Where tiles along one axis begin: evenly, the first at the image's edge and the last ending at the other."""
    if length <= side:
        return [0]
    step = side - min(OVERLAP, side // 4)
    count = math.ceil((length - side) / step) + 1
    return [round(index * (length - side) / (count - 1)) for index in range(count)]


def _ramp(length: int) -> np.ndarray:
    """Weights along one axis of a tile: 1 at its ends, rising towards its middle."""
    return np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)).astype(np.float64)
