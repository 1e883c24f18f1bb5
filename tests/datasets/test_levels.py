"""Ranges of levels: how they are written, and what they make of an image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from istdbench.datasets.levels import FULL, Range, parse_range
from istdbench.errors import DataError, UsageError

CAMERA = np.array([[7000, 7400], [7600, 7800]], dtype=np.uint16)


@pytest.mark.parametrize(
    "text, levels_range",
    [
        ("full", FULL),
        ("minmax", Range("minmax")),
        ("percentile", Range("percentile", 0.1, 99.99)),
        ("percentile:1-99.9", Range("percentile", 1, 99.9)),
        ("7000:7800", Range("levels", 7000, 7800)),
        ("-20.5:40", Range("levels", -20.5, 40)),
    ],
)
def test_a_range_is_read_as_written_and_written_back(text, levels_range):
    assert parse_range(text) == levels_range
    assert str(levels_range) == text


@pytest.mark.parametrize(
    "text", ["", "max", "5", "800:700", "7:7", "nan:1", "0:inf", "percentile:1-101", "percentile:9-1", "percentile:5"]
)
def test_what_is_no_range_is_refused_with_how_to_write_one(text):
    with pytest.raises(UsageError, match="write full, minmax, percentile, percentile:LOW-HIGH or LO:HI"):
        parse_range(text)


def test_full_leaves_eight_bits_and_divides_sixteen_by_257():
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16)
    sixteen = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(FULL.gray(eight), eight)
    np.testing.assert_array_equal(FULL.gray(sixteen), (sixteen / 257).astype(np.float32))
    np.testing.assert_array_equal(FULL.gray(sixteen.astype(np.int32)), FULL.gray(sixteen))


@pytest.mark.parametrize("text", ["minmax", "7000:7800"])
def test_a_range_spreads_what_a_camera_uses_over_all_of_gray(text):
    gray = parse_range(text).gray(CAMERA)
    assert gray.dtype == np.float32
    np.testing.assert_allclose(gray, [[0, 127.5], [191.25, 255]])


def test_levels_beyond_the_ends_are_clipped():
    np.testing.assert_allclose(parse_range("7200:7600").gray(CAMERA), [[0, 127.5], [255, 255]])


def test_percentiles_cut_a_hot_and_a_dead_pixel_off_and_leave_a_small_target():
    image = np.random.default_rng(0).normal(7400, 30, (256, 256)).astype(np.uint16)
    image[100:103, 100:103] = 7800
    image[3, 3], image[200, 9] = 0, 65535
    low, high = parse_range("percentile").ends(image)
    assert 7250 < low < 7400
    assert high == 7800


@pytest.mark.parametrize(
    "text, ends", [("minmax", (7000, 8000)), ("percentile:0-50", (7000, 7700)), ("1:9", (1, 9)), ("full", (0, 65535))]
)
def test_frames_of_a_sequence_share_their_ends(text, ends):
    frames = [CAMERA, CAMERA + 200]
    for given_as in (frames, iter(frames), np.stack(frames)):
        assert parse_range(text).ends(given_as) == ends
    assert FULL.gray(CAMERA, (7000, 8000)).max() == 204


def test_an_image_of_one_level_is_black():
    assert not parse_range("minmax").gray(np.full((3, 3), 5, np.uint8)).any()


@pytest.mark.parametrize("levels, says", [(np.ones((2, 2), np.float32), "float32"), (np.array([[-1, 3]]), "-1 to 3")])
def test_levels_without_a_full_scale_are_refused_by_full_and_taken_by_the_others(levels, says):
    with pytest.raises(DataError, match=f"{says}.*range=minmax or range=LO:HI of a data set, --range minmax"):
        FULL.gray(levels)
    assert parse_range("-1:3").gray(levels).max() > 0


@pytest.mark.parametrize("text", ["full", "minmax", "percentile", "0:1"])
def test_levels_that_are_no_numbers_are_refused(text):
    with pytest.raises(DataError, match="NaN or infinity|no full scale"):
        parse_range(text).gray(np.array([[0.0, np.nan]]))


@given(st.lists(st.integers(0, 65535), min_size=2, max_size=20), st.sampled_from(["minmax", "percentile", "100:900"]))
def test_gray_keeps_the_order_of_levels_and_stays_within_255(levels, text):
    array = np.sort(np.array(levels, dtype=np.uint16))[None]
    gray = parse_range(text).gray(array)
    assert gray.min() >= 0
    assert gray.max() <= 255
    assert (np.diff(gray) >= 0).all()
