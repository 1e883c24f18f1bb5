"""Training crops: pure functions of seed, epoch and name, in which the mask follows the image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from istdbench.datasets.crops import augment, draw_crop
from istdbench.datasets.dataset import Sample

PLAIN = {"gain": (1, 1), "offset_sd": 0, "sd": 1}


def sample(shape=(60, 80), name="a", targets=((50, 70),)):
    """Every pixel has its own level below 0.5, targets above 1."""
    image = np.linspace(0, 0.5, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    mask = np.zeros(shape, dtype=bool)
    for row, column in targets:
        mask[row : row + 3, column : column + 2] = True
    return Sample(name, image + mask, mask)


def test_the_same_seed_epoch_and_name_give_the_same_crop_whatever_was_drawn_before():
    first = augment(sample(), crop=32, seed=1, epoch=2, sd=3)
    np.random.seed(7)
    augment(sample(), crop=32, seed=5, epoch=5, sd=3)
    again = augment(sample(), crop=32, seed=1, epoch=2, sd=3)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


@pytest.mark.parametrize("change", [{"seed": 9}, {"epoch": 9}, {"name": "b"}])
def test_another_seed_epoch_or_name_gives_another_crop(change):
    drawn = {"seed": 1, "epoch": 2, "name": "a"}
    first, second = (
        augment(sample(name=of["name"]), crop=32, seed=of["seed"], epoch=of["epoch"], sd=3)[0]
        for of in (drawn, drawn | change)
    )
    assert not np.array_equal(first, second)


@settings(max_examples=200, deadline=None)
@given(rows=st.integers(1, 40), columns=st.integers(1, 40), crop=st.integers(1, 50), epoch=st.integers(0, 1000))
def test_the_mask_follows_the_image_at_any_size(rows, columns, crop, epoch):
    given_sample = sample((rows, columns), targets=[(rows // 2, columns // 2)])
    image, mask = augment(given_sample, crop=crop, seed=0, epoch=epoch, **PLAIN)
    assert (image.shape, image.dtype, mask.shape, mask.dtype) == ((crop, crop), np.float32, (crop, crop), bool)
    np.testing.assert_array_equal(image >= 1, mask)


def test_without_flips_and_transpose_the_crop_is_a_window_of_the_image():
    whole = sample()
    for epoch in range(20):
        image, mask = augment(whole, crop=16, seed=0, epoch=epoch, flips=False, transpose=False, **PLAIN)
        top, left = np.argwhere(whole.image == image[0, 0])[0]
        np.testing.assert_array_equal(whole.image[top : top + 16, left : left + 16], image)
        np.testing.assert_array_equal(whole.mask[top : top + 16, left : left + 16], mask)


def test_all_eight_orientations_occur():
    square = sample((16, 16), targets=[])
    corners = {augment(square, crop=16, seed=0, epoch=e, **PLAIN)[0][[0, 0], [0, 1]].tobytes() for e in range(100)}
    assert len(corners) == 8


def test_a_full_target_bias_always_shows_a_target_and_none_rarely_does():
    whole = sample((300, 300))
    shown = [
        sum(augment(whole, crop=32, seed=0, epoch=e, target_bias=bias, **PLAIN)[1].any() for e in range(100))
        for bias in (0.0, 0.7, 1.0)
    ]
    assert shown[0] < 15
    assert 55 < shown[1] < 90
    assert shown[2] == 100


def test_a_biased_crop_shows_its_target_anywhere_not_only_in_the_middle():
    whole = sample((300, 300), targets=[(150, 150)])
    rows = [np.argwhere(augment(whole, crop=32, seed=0, epoch=e, target_bias=1, **PLAIN)[1])[0, 0] for e in range(200)]
    assert set(np.array(rows) // 8) == {0, 1, 2, 3}


def test_an_image_without_targets_is_cropped_all_the_same():
    _, mask = augment(sample(targets=[]), crop=32, seed=0, epoch=0, target_bias=1, **PLAIN)
    assert not mask.any()


@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_a_crop_of_an_image_without_targets_may_lie_anywhere(bias):
    draws = [
        draw_crop(sample((40, 50), targets=[]), crop=32, seed=0, epoch=epoch, sd=1.0, target_bias=bias)
        for epoch in range(300)
    ]
    assert {draw.top for draw in draws} == set(range(9)) and {draw.left for draw in draws} == set(range(19))


def test_grey_levels_are_scaled_and_shifted_by_one_gain_and_one_offset():
    flat = Sample("flat", np.full((20, 20), 100, dtype=np.float32), np.zeros((20, 20), dtype=bool))
    levels = []
    for epoch in range(300):
        image, _ = augment(flat, crop=8, seed=0, epoch=epoch, sd=10)
        assert np.ptp(image) == 0
        levels.append(image[0, 0])
    # gain is uniform on 0.8..1.2 and the offset normal with 0.2 * 10: variances 100^2 * 0.4^2 / 12 and 2^2
    assert np.mean(levels) == pytest.approx(100, abs=3)
    assert np.std(levels) == pytest.approx(np.sqrt(100**2 * 0.4**2 / 12 + 2**2), rel=0.1)


def test_the_sample_is_left_as_it_was():
    whole = sample()
    image, mask = whole.image.copy(), whole.mask.copy()
    augment(whole, crop=100, seed=0, epoch=0, sd=1)[0][:] = -1
    np.testing.assert_array_equal(whole.image, image)
    np.testing.assert_array_equal(whole.mask, mask)


def test_a_zoomed_crop_shows_the_target_larger_or_smaller_and_its_mask_with_it():
    for zoom, area in ((2.0, 24), (0.5, 1.5)):
        image, mask = augment(sample(), crop=32, seed=1, epoch=2, target_bias=1, zoom=(zoom, zoom), **PLAIN)
        assert image.shape == mask.shape == (32, 32)
        assert area * 0.5 <= mask.sum() <= area * 2
        assert image[mask].min() > image[~mask].min()


def test_the_magnification_is_drawn_between_its_ends():
    areas = {
        augment(sample(name=str(n)), crop=32, seed=1, epoch=2, target_bias=1, zoom=(0.5, 2.0), **PLAIN)[1].sum()
        for n in range(40)
    }
    assert min(areas) < 6 < max(areas)
