"""Large images in tiles, so that a network sees targets at the size that it was trained to see.

A network whose training images were stretched to 512 x 512 pixels was shown small images magnified: those of `nuaa`
twice. It sees one of 3840 x 2160 shrunk seven times, and what it was trained to find is gone. Such an image is cut into
tiles as large as the training images were, and each goes through the network as one of them went.

Measured with `mim_istd` and its weights for `nuaa`, on scenes put together of its test images at their own scale, IoU:

| size | whole | tiles of 512 | of 384 | of 256 |
|---|---|---|---|---|
| 640 x 512 | 0.37 | 0.44 | 0.51 | 0.53 |
| 1024 x 768 | 0.33 | 0.58 | 0.63 | 0.71 |
| 1280 x 1024 | 0.15 | 0.45 | 0.50 | 0.58 |
| 3840 x 2160 | 0.00 | 0.52 | 0.57 | 0.56 |

Tiles overlap. Where they do, scores are averaged, each weighted by how far the pixel is from the edge of its tile: a
target on the border of two tiles lies well inside at least one of them, and comes out once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

OVERLAP = 1 / 8
"""Share of a tile's side that it has in common with its neighbour at least: 32 pixels of 256, three small targets."""
LARGE = 2.0
"""An image is cut where a side is more than this many times as long as those of the training images. All images of
`nuaa` and `irstd1k` stay whole under their own weights."""

Place = tuple[slice, slice]
"""The rows and the columns of a tile."""


def is_large(shape: Sequence[int], side: int) -> bool:
    """Whether an image (H, W) is much larger than one of `side` x `side` pixels, see LARGE."""
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
    step = max(1, side - math.ceil(OVERLAP * side))
    count = math.ceil((length - side) / step) + 1
    return [round(index * (length - side) / (count - 1)) for index in range(count)]


def _ramp(length: int) -> np.ndarray:
    """Weights along one axis of a tile: 1 at its ends, rising towards its middle."""
    return np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)).astype(np.float64)
