"""What is kept of each frame as a file: its mask, its score map, its picture with boxes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from istdbench.detection.detections import Detection

MARGIN = 3
"""Pixels between a detection and the box that is drawn around it."""
COLOUR = (0, 0, 255)
"""Of the box: red, as OpenCV orders channels."""


def mask_png(image: np.ndarray, score: np.ndarray, found: Sequence[Detection], threshold: float) -> bytes:
    """The detected pixels as 255, all others 0."""
    return _png((score > threshold).astype(np.uint8) * 255)


def map_png(image: np.ndarray, score: np.ndarray, found: Sequence[Detection], threshold: float) -> bytes:
    """The score map in 16 bits: 0 to 65535 are scores of 0 to 1.

    Halves are rounded down, so that of scores at and just above 0.5, the usual threshold, the same ones lie above it.
    """
    return _png(np.ceil(score.astype(np.float64) * 65535 - 0.5).astype(np.uint16))


def map_npy(image: np.ndarray, score: np.ndarray, found: Sequence[Detection], threshold: float) -> bytes:
    """The score map as NPY, float32, to the last bit."""
    buffer = io.BytesIO()
    np.save(buffer, score.astype(np.float32), allow_pickle=False)
    return buffer.getvalue()


def overlay_png(image: np.ndarray, score: np.ndarray, found: Sequence[Detection], threshold: float) -> bytes:
    """The image as the method saw it, with a box around each detection."""
    drawn = cv2.cvtColor(image.round().clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    for left, top, width, height in (detection.box for detection in found):
        corner = (left + width - 1 + MARGIN, top + height - 1 + MARGIN)
        cv2.rectangle(drawn, (left - MARGIN, top - MARGIN), corner, COLOUR)
    return _png(drawn)


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


Encoder = Callable[[np.ndarray, np.ndarray, Sequence[Detection], float], bytes]
"""A file's content, given the image (H, W), its score map, its detections and the threshold."""
WRITERS: dict[str, tuple[str, str, Encoder]] = {
    "masks": ("masks", ".png", mask_png),
    "maps": ("maps", ".png", map_png),
    "npy": ("maps", ".npy", map_npy),
    "overlays": ("overlays", ".png", overlay_png),
}
"""What may be kept of each frame: folder, ending and encoder by name."""
