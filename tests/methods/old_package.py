"""Blobness: the determinant of the Hessian at one scale, a classical detector of spots, as an istdbench plugin.

Source: Lindeberg 1998, Feature Detection with Automatic Scale Selection, Eq. 29.
"""

from __future__ import annotations

import cv2
import numpy as np

from istdbench import hookimpl
from istdbench.methods.spec import Method, Option
from istdbench.methods.thresholds import adaptive


def blobness(image: np.ndarray, sigma: float = 1.5) -> np.ndarray:
    """Scale-normalised determinant of the Hessian where the image is bright, else 0.

    Args:
        image: (H, W) float32, gray levels.
        sigma: standard deviation of the Gaussian in pixels, about half the size of a target.

    Returns:
        (H, W) float32, in squared gray levels.
    """
    smooth = cv2.GaussianBlur(image, (0, 0), sigma)
    xx, yy, xy = (cv2.Sobel(smooth, cv2.CV_32F, dx, dy, ksize=3) for dx, dy in ((2, 0), (0, 2), (1, 1)))
    determinant = sigma**4 * (xx * yy - xy * xy)
    return np.where((xx < 0) & (yy < 0), determinant, 0).clip(min=0)


BLOBNESS = Method(
    name="blobness",
    kind="classical",
    summary="determinant of the Hessian at one scale",
    paper="Lindeberg, Feature Detection with Automatic Scale Selection, IJCV 1998",
    options={"sigma": Option(1.5, "standard deviation of the Gaussian, pixels")},
    response=blobness,
    threshold=adaptive(k=0.5),
)


@hookimpl
def register_methods() -> list[Method]:
    return [BLOBNESS]
