"""MPCM, the multiscale patch-based contrast measure: a target differs from its surroundings on both opposite sides.

Source: Wei, You and Li, Multiscale patch-based contrast measure for small infrared target detection, Pattern
Recognition 58, 2016.

Symbol   Meaning
s        side of a patch, 3, 5, 7, 9 for r = 1, 2, 3, 4: s = 2 r + 1
m_0      mean of the patch around the pixel
m_i      mean of the i-th of the 8 patches around that one, i and i + 4 opposite
d_i      m_0 - m_i
PCM      min over i = 1..4 of d_i d_(i + 4)
MPCM     max of PCM over the scales

The product is positive for a patch darker than its surroundings too, as in the paper. A negative value means an edge
or a slope, never a target, and becomes 0.
"""

from __future__ import annotations

from istdbench.lazy import cv2
from istdbench.lazy import numpy as np
from istdbench.methods.method import Classical, Option
from istdbench.methods.parts.neighbours import HALF_OF_NEIGHBOURS
from istdbench.methods.thresholds import adaptive


def mpcm(image: np.ndarray, scales: int = 4) -> np.ndarray:
    """The largest patch contrast over scales r = 1..`scales`.

    Args:
        image: (H, W), gray. Beyond its border the nearest pixel is repeated.
        scales: number of scales, at least 1.

    Returns:
        (H, W) float32, not negative, in squared units of the image.
    """
    contrasts = [patch_contrast(image, 2 * r + 1) for r in range(1, scales + 1)]
    return np.maximum(np.max(contrasts, axis=0), 0).astype(np.float32)


def patch_contrast(image: np.ndarray, side: int) -> np.ndarray:
    """PCM at one scale: (H, W) float64, for patches of `side` x `side` pixels, `side` odd."""
    height, width = image.shape
    margin = side + side // 2
    padded = cv2.copyMakeBorder(image.astype(float), margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    means = cv2.boxFilter(padded, -1, (side, side))

    def shifted(rows: int, columns: int) -> np.ndarray:
        top, left = margin + rows * side, margin + columns * side
        return means[top : top + height, left : left + width]

    centre = shifted(0, 0)
    products = [(centre - shifted(i, j)) * (centre - shifted(-i, -j)) for i, j in HALF_OF_NEIGHBOURS]
    return np.min(products, axis=0)


MPCM = Classical(
    name="mpcm",
    summary="multiscale patch contrast: difference from the patches on opposite sides, at four sizes",
    paper="Wei, You and Li, Pattern Recognition 58, 2016",
    options={"scales": Option(4, "patch sizes 3, 5, 7, ... pixels: how many", least=1, most=32)},
    response=mpcm,
    threshold=adaptive(k=0.7),
)
