"""All classical methods on tiny, flat and synthetic images; Top-Hat and MPCM against slow versions of themselves."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from istdbench.built_in import register_methods
from istdbench.datasets.synth import SYNTH
from istdbench.methods.classical.mpcm import mpcm, patch_contrast
from istdbench.methods.classical.tophat import tophat
from istdbench.methods.method import Classical
from istdbench.methods.thresholds import score_map
from istdbench.spec import parse_spec

CLASSICAL = [method for method in register_methods() if isinstance(method, Classical)]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)


def spot(size: int, side: int = 1, value: float = 81.0, background: float = 20.0) -> np.ndarray:
    """A flat image of size x size with a bright square of side x side in its middle."""
    image = np.full((size, size), background, np.float32)
    first = (size - side) // 2
    image[first : first + side, first : first + side] += value
    return image


@pytest.fixture(params=CLASSICAL, ids=lambda method: method.name)
def method(request):
    return request.param


@pytest.mark.parametrize("shape", [(33, 50), (7, 1), (1, 1)])
def test_a_response_is_float32_and_of_the_size_of_even_a_single_column_or_pixel(method, shape):
    response, _ = method.respond(noise(*method.input_shape(*shape)), method.resolve({}))
    assert (response.shape, response.dtype) == (shape, np.float32)
    assert (response >= 0).all()


@pytest.mark.parametrize("level", [0, 93.7, 255])
@pytest.mark.parametrize(
    "method", [method for method in CLASSICAL if method.name != "lcm"], ids=lambda method: method.name
)
def test_a_flat_image_has_no_target(method, level):
    image = np.full(method.input_shape(40, 60), level, np.float32)
    assert not score_map(*method.respond(image, method.resolve({}))).any()


def test_a_bright_target_is_found_and_nothing_far_from_it(method):
    data = SYNTH.build(parse_spec("synth:size=128,scr=10,frames=6"))
    sample = data.load("test_0001")
    image = sample.image if method.frames == 1 else data.sequence("test_0001")
    found = score_map(*method.respond(image, method.resolve({}))) > 0.5
    assert found[sample.mask].any()
    near = cv2.dilate(sample.mask.astype(np.uint8), np.ones((9, 9))) > 0  # a cell of the largest scale of lcm
    assert not found[~near].any()


def slow_opening(image: np.ndarray, size: int) -> np.ndarray:
    def extreme(values: np.ndarray, choose) -> np.ndarray:
        near = size // 2
        out = np.empty_like(values)
        for i, j in np.ndindex(values.shape):
            out[i, j] = choose(values[max(0, i - near) : i + near + 1, max(0, j - near) : j + near + 1])
        return out

    return extreme(extreme(image, np.min), np.max)


def test_tophat_is_the_image_less_its_opening():
    image = noise(17, 23)
    for size in (1, 3, 5):
        np.testing.assert_allclose(tophat(image, size), image - slow_opening(image, size), atol=1e-4)


def test_tophat_keeps_a_spot_smaller_than_its_square_and_removes_a_larger_one():
    np.testing.assert_array_equal(tophat(spot(15, side=4), size=5), spot(15, side=4, background=0))
    assert not tophat(spot(15, side=5), size=5).any()


def slow_patch_contrast(image: np.ndarray, side: int) -> np.ndarray:
    height, width = image.shape
    near = side // 2

    def mean(i: int, j: int) -> float:
        rows = np.clip(np.arange(i - near, i + near + 1), 0, height - 1)
        columns = np.clip(np.arange(j - near, j + near + 1), 0, width - 1)
        return image[np.ix_(rows, columns)].astype(float).mean()

    contrast = np.empty((height, width))
    for i, j in np.ndindex(height, width):
        around = {
            (u, v): mean(i, j) - mean(i + u * side, j + v * side) for u, v in itertools.product((-1, 0, 1), repeat=2)
        }
        contrast[i, j] = min(around[u, v] * around[-u, -v] for u, v in around if (u, v) != (0, 0))
    return contrast


def test_mpcm_is_the_largest_patch_contrast_of_its_scales():
    image = noise(13, 18)
    contrasts = [slow_patch_contrast(image, side) for side in (3, 5, 7, 9)]
    np.testing.assert_allclose(patch_contrast(image, 5), contrasts[1], atol=1e-8)
    np.testing.assert_allclose(mpcm(image), np.maximum(np.max(contrasts, axis=0), 0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(mpcm(image, scales=1), np.maximum(contrasts[0], 0), rtol=1e-5, atol=1e-5)


def test_one_bright_pixel_has_a_ring_of_each_scale():
    # a patch of s x s that holds the pixel is 81 / s^2 brighter than all 8 around it, which do not
    profile = mpcm(spot(41))[20, 20:30]
    rings = [(81 / side**2) ** 2 for side in (3, 5, 7, 9)]
    np.testing.assert_allclose(profile, [rings[0], *rings, 0, 0, 0, 0, 0], rtol=1e-6, atol=1e-6)


def test_mpcm_ignores_an_edge_and_a_slope():
    edge = np.where(np.arange(40) < 20, 10.0, 200.0) * np.ones((40, 1))
    slope = np.arange(40.0) * np.ones((40, 1))
    for image in (edge, slope):
        inside = mpcm(image.astype(np.float32))[15:-15, 15:-15]
        np.testing.assert_allclose(inside, 0, atol=1e-9)


def test_mpcm_answers_to_dark_spots_as_to_bright_ones():
    image = noise(20, 20)
    np.testing.assert_allclose(mpcm(255 - image), mpcm(image), rtol=1e-4, atol=1e-3)
