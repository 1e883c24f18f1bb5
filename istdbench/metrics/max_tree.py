"""The max-tree of a score map, by the C library that is built at install, or by scikit-image where there is none.

Both give the same regions. scikit-image's union-find goes without union by size: its time a pixel grows with the map,
and is 40 to 100 times that of the C library on a noisy map of 2048 x 2048.
"""

from __future__ import annotations

import ctypes
import importlib.util
from functools import lru_cache

import numpy as np


def max_tree(padded: np.ndarray) -> np.ndarray:
    """The parent of each pixel, flat: (H * W,) int64.

    One pixel stands for each 8-connected region of {score >= level}; the others of that level have it as their parent.
    Its own parent has a lower score. Pixel 0 is the root.

    Args:
        padded: (H, W) float64 without NaN, whose border, one pixel wide, is lower than all within.
    """
    return _by_library(padded) if library() else _by_skimage(padded)


@lru_cache
def library() -> ctypes.CDLL | None:
    """The C library; None where it was not built, for want of a compiler, or cannot be opened."""
    spec = importlib.util.find_spec("istdbench.metrics._max_tree")
    if spec is None or spec.origin is None:
        return None
    try:
        opened = ctypes.CDLL(spec.origin)
    except OSError:
        return None
    number, pointer = ctypes.c_int64, ctypes.c_void_p
    opened.max_tree.restype = None
    opened.max_tree.argtypes = [pointer, pointer, number, number, pointer, pointer, pointer]
    return opened


def _by_library(padded: np.ndarray) -> np.ndarray:
    scores = np.ascontiguousarray(padded).ravel()
    height, width = padded.shape
    inside = (height - 2) * (width - 2)
    order = np.argsort(scores, kind="stable")[-inside:]
    parents, forest, lowest = (np.zeros(scores.size, dtype=np.int64) for _ in range(3))
    arrays = [array.ctypes.data for array in (parents, forest, lowest)]
    library().max_tree(scores.ctypes.data, order.ctypes.data, inside, width, *arrays)  # type: ignore[union-attr]
    return parents


def _by_skimage(padded: np.ndarray) -> np.ndarray:
    from skimage.morphology import max_tree as slow_max_tree

    return slow_max_tree(padded, connectivity=2)[0].ravel()
