"""Grids: the pixels that a mask keeps, and what stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.transform import resize

from istdbench.audit.grids import NATIVE, nearest_of_skimage, stretched, upper_left


@pytest.mark.parametrize("side", [256, 320, 512])
@pytest.mark.parametrize("shape", [(200, 300), (317, 411), (512, 512), (31, 640)])
def test_a_mask_keeps_the_pixels_that_pillows_nearest_picks(side, shape):
    mask = np.random.default_rng(0).random(shape) > 0.5
    expected = np.asarray(Image.fromarray(mask).resize((side, side), Image.Resampling.NEAREST))
    np.testing.assert_array_equal(stretched(side).apply(np.zeros(shape), mask)[1], expected)


@pytest.mark.parametrize("shape", [(256, 300), (171, 256), (256, 320), (511, 640)])
def test_scikit_images_nearest_is_met_at_ties_too(shape):
    mask = np.random.default_rng(0).random(shape) > 0.5
    expected = resize(mask.astype(np.uint8) * 255, (320, 320), mode="constant", order=0, preserve_range=True) > 127
    grid = stretched(320, nearest_of_skimage)
    np.testing.assert_array_equal(grid.apply(np.zeros(shape), mask)[1], expected)


def test_opencvs_nearest_picks_the_upper_left_pixel_of_the_two():
    mask = np.zeros((512, 512), dtype=bool)
    mask[100, 100] = True
    assert stretched(256, upper_left).apply(np.zeros(mask.shape), mask)[1][50, 50]
    assert not stretched(256).apply(np.zeros(mask.shape), mask)[1].any()


def test_maps_of_the_size_of_the_grid_are_not_touched():
    rng = np.random.default_rng(0)
    score, mask = rng.random((256, 256)), rng.random((256, 256)) > 0.9
    for grid in (NATIVE, stretched(256), stretched(256, upper_left)):
        same_score, same_mask = grid.apply(score, mask)
        np.testing.assert_array_equal(same_score, score)
        np.testing.assert_array_equal(same_mask, mask)


def test_a_stretched_score_map_stays_within_its_values():
    score = np.random.default_rng(0).random((211, 307))
    for side in (256, 320, 512):
        grid, _ = stretched(side).apply(score, score > 0.5)
        assert grid.shape == (side, side) and score.min() <= grid.min() <= grid.max() <= score.max()
