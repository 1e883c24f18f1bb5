"""Near-duplicates against the rule written out for one pair, and on images that are nearly one."""

import math

import numpy as np
import pytest
from PIL import Image

from istdbench.datasets.near_duplicates import BLOCK, look, near_duplicates


def scene(seed, side=96):
    """Smooth clouds, 0..255."""
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (12, 12)).astype(np.uint8))
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC), np.float32)


def with_target(image):
    found = image.copy()
    found[40:43, 40:43] = 255
    return found


def test_a_scene_with_a_target_drawn_in_is_nearly_the_scene_and_other_scenes_are_not():
    test = {"other": look(scene(1)), "drawn": look(with_target(scene(0)))}
    trained = {"a": look(scene(2)), "b": look(scene(0)), "c": look(scene(3))}
    [pair] = near_duplicates(test, trained)
    assert (pair.test, pair.trained) == ("drawn", "b")
    assert 0.995 <= pair.cosine < 1 and pair.bits <= 4


def test_brightness_and_contrast_do_not_matter_and_blank_images_are_like_nothing():
    images = {"dark": look(scene(0) / 2 + 10), "blank": look(np.full((50, 60), 7.0))}
    found = list(near_duplicates(images, {"bright": look(scene(0)), "white": look(np.full((50, 60), 200.0))}))
    assert [(pair.test, pair.trained) for pair in found] == [("dark", "bright")]


def test_the_hash_is_the_discrete_cosine_transform_above_its_median():
    gray = scene(5, side=32)  # is hashed as it is
    low = [
        sum(
            gray[y, x] * math.cos(math.pi * v * (2 * y + 1) / 64) * math.cos(math.pi * u * (2 * x + 1) / 64)
            for y in range(32)
            for x in range(32)
        )
        for v in range(8)
        for u in range(8)
    ]
    rounded = np.rint(gray)
    assert np.abs(rounded - gray).max() == 0
    assert look(gray).bits.tolist() == [value > np.median(low) for value in low]


def test_all_blocks_of_test_images_are_compared():
    same = look(scene(0))
    found = list(near_duplicates({str(i): same for i in range(BLOCK + 3)}, {"a": same, "b": look(scene(1))}))
    assert [pair.test for pair in found] == [str(i) for i in range(BLOCK + 3)]
    assert {pair.trained for pair in found} == {"a"}


@pytest.mark.parametrize(("test", "trained"), [({}, {"a": 0}), ({"a": 0}, {})])
def test_nothing_is_like_nothing(test, trained):
    assert list(near_duplicates({n: look(scene(0)) for n in test}, {n: look(scene(0)) for n in trained})) == []
