"""LCM by hand, and against a slow version of itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from istdbench.methods.classical.lcm import lcm, local_contrast


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)


def slow_local_contrast(image: np.ndarray, side: int) -> np.ndarray:
    height, width = image.shape
    near = side // 2

    def cell(i: int, j: int) -> np.ndarray:
        rows = np.clip(np.arange(i - near, i + near + 1), 0, height - 1)
        columns = np.clip(np.arange(j - near, j + near + 1), 0, width - 1)
        return image[np.ix_(rows, columns)].astype(float)

    contrast = np.empty((height, width))
    around = [(u * side, v * side) for u, v in itertools.product((-1, 0, 1), repeat=2) if (u, v) != (0, 0)]
    for i, j in np.ndindex(height, width):
        brightest = cell(i, j).max()
        contrast[i, j] = min(brightest * brightest / cell(i + u, j + v).mean() for u, v in around)
    return contrast


def test_lcm_is_the_largest_local_contrast_of_its_scales():
    image = noise(13, 18)
    contrasts = [slow_local_contrast(image, side) for side in (3, 5, 7, 9)]
    np.testing.assert_allclose(local_contrast(image, 5), contrasts[1], rtol=1e-5)
    np.testing.assert_allclose(lcm(image), np.max(contrasts, axis=0), rtol=1e-5)
    np.testing.assert_allclose(lcm(image, scales=1), contrasts[0], rtol=1e-5)


def test_a_bright_pixel_is_raised_by_its_contrast_and_a_flat_region_keeps_its_level():
    image = np.full((41, 41), 20, np.float32)
    image[20, 20] = 100
    assert lcm(image)[20, 20] == pytest.approx(100 * 100 / 20)
    assert lcm(image)[5, 5] == pytest.approx(20)


def test_a_black_surrounding_counts_as_one_grey_level():
    image = np.zeros((41, 41), np.float32)
    image[20, 20] = 100
    assert lcm(image).max() == 100 * 100
