"""Maps for the tests of the audit: boxes, random specks, and a set judged by a variant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from istdbench.audit import VARIANTS
from istdbench.audit.variant import BinaryMaps

BY_NAME = {variant.name: variant for variant in VARIANTS}
Box = tuple[int, int, int, int]


def boxes(*places: Box, side: int = 256) -> np.ndarray:
    """A square bool map with boxes (row, column, height, width) set."""
    canvas = np.zeros((side, side), dtype=bool)
    for row, column, height, width in places:
        canvas[row : row + height, column : column + width] = True
    return canvas


def values(name: str, *images: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    """What a variant makes of (score, mask) pairs; scores may be bool."""
    judged = [BY_NAME[name].judge(score.astype(float), mask) for score, mask in images]
    return BY_NAME[name].values(judged)


@st.composite
def specks(draw: st.DrawFn) -> np.ndarray:
    """A random bool map of up to 20 x 20, from crowded to sparse; shrinks towards empty."""
    height, width = draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    n_bytes = (height * width + 7) // 8
    canvas = np.ones(height * width, dtype=bool)
    for _ in range(draw(st.integers(1, 4))):  # each pass keeps half the pixels
        data = np.frombuffer(draw(st.binary(min_size=n_bytes, max_size=n_bytes)), np.uint8)
        canvas &= np.unpackbits(data)[: height * width].astype(bool)
    return canvas.reshape(height, width)


@st.composite
def binary_maps(draw: st.DrawFn) -> BinaryMaps:
    """Specks as the mask, and as the prediction the same moved by up to three pixels, with other specks flipped."""
    truth = draw(specks())
    moved = np.roll(truth, draw(st.tuples(st.integers(-3, 3), st.integers(-3, 3))), axis=(0, 1))
    noise = draw(specks())
    flipped = np.zeros_like(truth)
    height, width = min(truth.shape[0], noise.shape[0]), min(truth.shape[1], noise.shape[1])
    flipped[:height, :width] = noise[:height, :width]
    return BinaryMaps(moved ^ flipped, truth)


def named(*names: str) -> Sequence[str]:
    """Names of variants, checked to exist."""
    assert set(names) <= set(BY_NAME)
    return names
