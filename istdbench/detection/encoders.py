"""What may be kept of each frame as a file: its mask, its score map, its picture with boxes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from istdbench.detection.detections import Detection

MARGIN = 3
"""Pixels between a detection and the box that is drawn around it."""
COLOUR = (0, 0, 255)
"""Of the box: red, as OpenCV orders channels."""


@dataclass(frozen=True)
class Found:
    """One frame: its image (H, W) as the method saw it, score map (H, W), detected pixels (H, W), and detections."""

    image: np.ndarray
    score: np.ndarray
    mask: np.ndarray
    detections: Sequence[Detection]


def mask_png(found: Found) -> bytes:
    """Detected pixels are 255, all others 0."""
    return _png(found.mask.astype(np.uint8) * 255)


def map_png(found: Found) -> bytes:
    """The score map in 16 bits: 0 to 65535 are scores of 0 to 1.

    Halves are rounded down: a score of 0.5 then stays at or below 0.5, and one just above it stays above.
    """
    return _png(np.ceil(found.score.astype(np.float64) * 65535 - 0.5).astype(np.uint16))


def map_npy(found: Found) -> bytes:
    """The score map as NPY, float32, to the last bit."""
    buffer = io.BytesIO()
    np.save(buffer, found.score.astype(np.float32), allow_pickle=False)
    return buffer.getvalue()


def overlay_png(found: Found) -> bytes:
    """The image with a box around each detection."""
    drawn = cv2.cvtColor(found.image.round().clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    for left, top, width, height in (detection.box for detection in found.detections):
        corner = (left + width - 1 + MARGIN, top + height - 1 + MARGIN)
        cv2.rectangle(drawn, (left - MARGIN, top - MARGIN), corner, COLOUR)
    return _png(drawn)


def _png(pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", pixels)[1])


ENCODERS: dict[str, tuple[str, str, Callable[[Found], bytes]]] = {
    "masks": ("masks", ".png", mask_png),
    "maps": ("maps", ".png", map_png),
    "npy": ("maps", ".npy", map_npy),
    "overlays": ("overlays", ".png", overlay_png),
}
"""Folder, ending and content of what may be kept of each frame, by the name that `--save` takes."""
