"""A small picture for the low-rank methods, and what their slow versions share."""

import numpy as np


def scene(height: int = 30, width: int = 40) -> np.ndarray:
    """Waves and noise with a bright target of 2 x 2 pixels at (12, 17): float32, grey levels in 0..255."""
    rows, columns = np.indices((height, width))
    image = 100 + 30 * np.sin(rows / 6) * np.cos(columns / 9) + np.random.default_rng(0).normal(0, 2, (height, width))
    image[12:14, 17:19] += 80
    return image.astype(np.float32)


def patch_columns(image: np.ndarray, side: int, step: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The patch-image of the papers, one column a patch, and the corner of each patch."""
    height, width = image.shape
    tops = [*range(0, height - side, step), height - side]
    lefts = [*range(0, width - side, step), width - side]
    corners = [(top, left) for left in lefts for top in tops]
    columns = [image[i : i + side, j : j + side].astype(float).ravel() for i, j in corners]
    return np.stack(columns, axis=1), corners


def soft(x, by):
    return np.sign(x) * np.maximum(np.abs(x) - by, 0)
