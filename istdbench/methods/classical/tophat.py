"""White top-hat: what an opening removes, bright spots that the structuring element does not fit into.

Source: Rivest and Fortin, Detection of dim targets in digital infrared imagery by morphological image processing,
Optical Engineering 35(7), 1996. The square of 5 x 5 is the common setting in comparisons on SIRST.

Symbol   Meaning
f        image
b        structuring element, a square of s x s pixels
f o b    opening: the least of f under b, then the largest of that under b
WTH      f - f o b
"""

from __future__ import annotations

from istdbench.lazy import cv2
from istdbench.lazy import numpy as np
from istdbench.methods.method import Classical, Option
from istdbench.methods.thresholds import adaptive


def tophat(image: np.ndarray, size: int = 5) -> np.ndarray:
    """Image minus its opening (erosion, then dilation) by a square.

    Args:
        image: (H, W), gray.
        size: s, odd, at least 3.

    Returns:
        (H, W) float32, not negative, in the image's units.
    """
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (size, size))
    return cv2.morphologyEx(image.astype(np.float32), cv2.MORPH_TOPHAT, square)


TOPHAT = Classical(
    name="tophat",
    summary="white top-hat: image minus its morphological opening",
    paper="Rivest and Fortin, Optical Engineering 35(7), 1996",
    options={"size": Option(5, "side of the square structuring element in pixels, odd", least=3, most=255, step=2)},
    response=tophat,
    threshold=adaptive(k=0.7),
)
