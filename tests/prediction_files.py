"""Predictions as people bring them: perfect ones for masks, in every type of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image


def palette(mask: np.ndarray) -> Image.Image:
    """Indices 0 and 1, which mean black and white."""
    picture = Image.fromarray(mask.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, 255, 255, 255])
    return picture


def alike(mask: np.ndarray) -> np.ndarray:
    """Three channels of 0 and 255."""
    return np.repeat(mask[:, :, None] * np.uint8(255), 3, axis=2)


Content = np.ndarray | Image.Image | dict[str, np.ndarray]
"""A dict is written as NumPy's archive of arrays, whatever the ending."""
RIGHT: dict[str, tuple[str, Callable[[np.ndarray], Content]]] = {
    "float64 array": (".npy", lambda mask: mask.astype(np.float64)),
    "float16 array": (".npy", lambda mask: mask.astype(np.float16)),
    "array of more than 1 by a rounding": (".npy", lambda mask: mask * np.float32(1.0000001)),
    "bool array": (".npy", lambda mask: mask),
    "int64 array of 0 and 1": (".npy", lambda mask: mask.astype(np.int64)),
    "uint8 array of 0 and 255": (".npy", lambda mask: mask * np.uint8(255)),
    "uint16 array of 0 and 65535": (".npy", lambda mask: mask * np.uint16(65535)),
    "array with axes of length 1": (".npy", lambda mask: mask[None, None].astype(np.float32)),
    "8-bit PNG": (".png", lambda mask: mask * np.uint8(255)),
    "16-bit PNG": (".png", lambda mask: mask * np.uint16(65535)),
    "1-bit PNG": (".png", lambda mask: mask),
    "palette PNG": (".png", palette),
    "gray RGB PNG": (".png", alike),
    "gray RGBA PNG": (".png", lambda mask: Image.fromarray(alike(mask)).convert("RGBA")),
    "PNG named in capitals": (".PNG", lambda mask: mask * np.uint8(255)),
    "BMP": (".bmp", lambda mask: mask * np.uint8(255)),
    "JPEG": (".jpg", lambda mask: mask * np.uint8(255)),
    "8-bit TIFF": (".tif", lambda mask: mask * np.uint8(255)),
    "float TIFF": (".tiff", lambda mask: mask.astype(np.float32)),
}
"""What is read rightly by itself: ending, and content from a bool mask (H, W)."""
SCALES: dict[str, tuple[str, Callable[[np.ndarray], Content], float]] = {
    "8-bit PNG of 0 and 1": (".png", lambda mask: mask.astype(np.uint8), 1),
    "uint8 array of 0 and 1": (".npy", lambda mask: mask.astype(np.uint8), 1),
    "16-bit PNG of 0 to 255": (".png", lambda mask: mask * np.uint16(255), 255),
    "16-bit PNG of 14 bits": (".png", lambda mask: mask * np.uint16(16000), 16383),
    "float array of 0 to 255": (".npy", lambda mask: mask * 255.0, 255),
    "int64 array of 0 to 255": (".npy", lambda mask: mask * 255, 255),
    "int8 array of 0 to 127": (".npy", lambda mask: mask * np.int8(127), 127),
    "int16 array of 0 to 32767": (".npy", lambda mask: mask * np.int16(32767), 32767),
}
"""What is refused until its full scale, the last, is named."""


def write_file(path: Path, content: Content) -> None:
    """Write an array or a picture as the path's ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        with path.open("wb") as file:
            np.savez(file, **content)
    elif path.suffix == ".npy":
        np.save(path, content)
    else:
        picture = content if isinstance(content, Image.Image) else Image.fromarray(content)
        picture.save(path, **({"quality": 100} if path.suffix == ".jpg" else {}))


def write_predictions(
    folder: Path,
    masks: Mapping[str, np.ndarray],
    ending: str = ".png",
    made: Callable[[np.ndarray], Content] = lambda mask: mask * np.uint8(255),
    suffix: str = "",
) -> Path:
    """Write one file a mask; returns the folder."""
    for name, mask in masks.items():
        write_file(folder / f"{name}{suffix}{ending}", made(mask))
    return folder
