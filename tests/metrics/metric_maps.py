"""Small maps for the metric tests: drawn by hand, or by hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st


def draw(*boxes: tuple[int, int, int, int], shape: tuple[int, int] = (256, 256)) -> np.ndarray:
    """A bool map with boxes (row, column, height, width) set."""
    canvas = np.zeros(shape, dtype=bool)
    for row, column, height, width in boxes:
        canvas[row : row + height, column : column + width] = True
    return canvas


@st.composite
def specks(draw_from: st.DrawFn, shape: tuple[int, int]) -> np.ndarray:
    """A random bool map, from crowded to sparse; shrinks towards empty."""
    size = shape[0] * shape[1]
    n_bytes = (size + 7) // 8
    canvas = np.ones(size, dtype=bool)
    for _ in range(draw_from(st.integers(1, 4))):  # each pass keeps half the pixels
        data = draw_from(st.binary(min_size=n_bytes, max_size=n_bytes))
        canvas &= np.unpackbits(np.frombuffer(data, dtype=np.uint8))[:size].astype(bool)
    return canvas.reshape(shape)


@st.composite
def prediction_and_mask(draw_from: st.DrawFn, largest: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Two bool maps: independent, or the prediction is the mask moved by up to four pixels with specks flipped."""
    shape = draw_from(st.tuples(st.integers(1, largest), st.integers(1, largest)))
    mask = draw_from(specks(shape))
    noise = draw_from(specks(shape))
    if draw_from(st.booleans()):
        return noise, mask
    shift = draw_from(st.tuples(st.integers(-4, 4), st.integers(-4, 4)))
    return np.roll(mask, shift, axis=(0, 1)) ^ noise, mask


image_sets = st.lists(prediction_and_mask(largest=10), min_size=1, max_size=4)
