"""Where score map and mask are compared, and how scores are rescaled first."""

from __future__ import annotations

import cv2
import numpy as np

from istdbench.audit.variant import Choice, Grid, Normalise

NATIVE: Choice[Grid] = Choice("the image's own", lambda score, mask: (score, mask))


def stretched(side: int, nearest: int = cv2.INTER_NEAREST_EXACT, words: str = "") -> Choice[Grid]:
    """A square grid: the score map by bilinear interpolation, the mask by nearest pixel.

    The sources predict on that grid, where the audit stretches a map that is there already. On images of that size
    nothing is changed.

    Args:
        side: pixels.
        nearest: OpenCV's INTER_NEAREST_EXACT picks the pixels that Pillow's NEAREST does, its INTER_NEAREST others.
        words: put behind the size, to tell grids of one size apart.
    """

    def stretch(score: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = (side, side)
        smaller = cv2.resize(mask.astype(np.uint8), size, interpolation=nearest)
        return cv2.resize(score, size, interpolation=cv2.INTER_LINEAR), smaller > 0

    return Choice(f"stretched to {side} x {side}{words}", stretch)


AS_IT_IS: Choice[Normalise] = Choice("none", lambda score: score)


def _by_maximum(score: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return score / score.max()


def _from_minimum_to_maximum(score: np.ndarray) -> np.ndarray:
    low, high = score.min(), score.max()
    with np.errstate(invalid="ignore"):
        return (score - low) / (high - low)


BY_MAXIMUM: Choice[Normalise] = Choice("each map divided by its largest score", _by_maximum)
MIN_MAX: Choice[Normalise] = Choice(
    "each map stretched from its smallest score to its largest", _from_minimum_to_maximum
)
