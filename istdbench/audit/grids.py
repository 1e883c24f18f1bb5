"""Where score map and mask are compared, and how scores are rescaled first."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from scipy.ndimage import zoom

from istdbench.audit.variant import Choice, Grid, Normalise

NATIVE: Choice[Grid] = Choice("the image's own", lambda score, mask: (score, mask))


def nearest(mask: np.ndarray, side: int) -> np.ndarray:
    """The pixel under the centre of each new one, as Pillow's NEAREST; of two equally near, the right or lower one."""
    return cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST_EXACT) > 0


def upper_left(mask: np.ndarray, side: int) -> np.ndarray:
    """The pixel under the upper left corner of each new one: OpenCV's INTER_NEAREST."""
    return cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0


def nearest_of_skimage(mask: np.ndarray, side: int) -> np.ndarray:
    """As `nearest`, but of two equally near pixels the one of scikit-image's `resize(order=0)` (SciPy's zoom)."""
    factors = [side / length for length in mask.shape]
    return zoom(mask.astype(np.uint8), factors, order=0, mode="grid-constant", grid_mode=True) > 0


def stretched(side: int, mask_by: Callable[[np.ndarray, int], np.ndarray] = nearest, words: str = "") -> Choice[Grid]:
    """A square grid: the score map by bilinear interpolation, the mask by one pixel for each new one.

    The sources predict on that grid, while the audit stretches maps that exist already. Images of that size are left
    as they are.

    Args:
        side: pixels.
        mask_by: which pixel, given mask and side.
        words: put behind the size, to tell grids of one size apart.
    """

    def stretch(score: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return cv2.resize(score, (side, side), interpolation=cv2.INTER_LINEAR), mask_by(mask, side)

    return Choice(f"stretched to {side} x {side}{words}", stretch)


AS_IT_IS: Choice[Normalise] = Choice("none", lambda score: score)


def _by_maximum(score: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return score / score.max()


def _from_minimum_to_maximum(score: np.ndarray) -> np.ndarray:
    low, high = score.min(), score.max()
    with np.errstate(invalid="ignore"):
        return (score - low) / (high - low)


BY_MAXIMUM = Choice("each map divided by its largest score", _by_maximum)
MIN_MAX = Choice("each map stretched from its smallest score to its largest", _from_minimum_to_maximum)
