"""LCM, the local contrast measure: how far the brightest pixel of a cell stands out of the 8 cells around it.

Source: Chen, Li, Wei, Xia and Tang, A local contrast method for small infrared target detection, IEEE Transactions on
Geoscience and Remote Sensing 52(1), 2014.

Symbol   Meaning
s        side of a cell, 3, 5, 7, 9 for r = 1, 2, 3, 4: s = 2 r + 1
L        brightest pixel of the cell around the pixel
m_i      mean of the i-th of the 8 cells around that one
C        min over i of L * L / m_i
LCM      max of C over the scales

A flat region keeps its grey level, so that a bright background is not suppressed. The paper cuts at the mean plus k
standard deviations with a k set by hand; here the rule is the one of the other classical methods.
"""

from __future__ import annotations

import itertools

from istdbench.lazy import cv2
from istdbench.lazy import numpy as np
from istdbench.methods.method import Classical, Option
from istdbench.methods.thresholds import adaptive

NEIGHBOURS = [(i, j) for i, j in itertools.product((-1, 0, 1), repeat=2) if (i, j) != (0, 0)]
DARKEST = 1.0
"""Grey level that a darker cell counts as, since L / m_i has no bound."""


def lcm(image: np.ndarray, scales: int = 4) -> np.ndarray:
    """The largest local contrast over scales r = 1..`scales`.

    Args:
        image: (H, W), gray. Beyond its border the nearest pixel is repeated.
        scales: number of scales, at least 1.

    Returns:
        (H, W) float32, not negative, in units of the image.
    """
    return np.max([local_contrast(image, 2 * r + 1) for r in range(1, scales + 1)], axis=0)


def local_contrast(image: np.ndarray, side: int) -> np.ndarray:
    """C at one scale: (H, W) float32, for cells of `side` x `side` pixels, `side` odd."""
    height, width = image.shape
    margin = side + side // 2
    padded = cv2.copyMakeBorder(image.astype(np.float32), margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    means = cv2.blur(padded, (side, side))
    brightest = cv2.dilate(padded, np.ones((side, side), np.uint8))

    def shifted(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
        top, left = margin + rows * side, margin + columns * side
        return values[top : top + height, left : left + width]

    around = np.max([shifted(means, i, j) for i, j in NEIGHBOURS], axis=0)
    return shifted(brightest, 0, 0) ** 2 / np.maximum(around, DARKEST)


LCM = Classical(
    name="lcm",
    summary="local contrast: the brightest pixel of a cell against the brightest of the cells around it",
    paper="Chen et al., IEEE TGRS 52(1), 2014",
    options={"scales": Option(4, "cell sizes 3, 5, 7, ... pixels: how many", least=1, most=32)},
    response=lcm,
    threshold=adaptive(k=0.7),
)
