"""What a network sees, and the way back to the image's own grid."""

import warnings

import numpy as np
import pytest
import torch

from istdbench.datasets.dataset import Sample
from istdbench.scoring.inputs import InputTransform, gray_statistics


def test_statistics_are_those_of_all_pixels_together():
    images = [np.full((2, 3), 10, np.float32), np.arange(8, dtype=np.float32).reshape(2, 4)]
    pixels = np.concatenate([image.ravel() for image in images])
    assert gray_statistics(images) == pytest.approx((pixels.mean(), pixels.std()))


def test_padding_is_right_and_below_with_the_mean():
    seen = InputTransform(None, 32, mean=100.0, sd=50.0).tensor(np.full((40, 33), 150, np.float32))
    assert seen.shape == (1, 1, 64, 64)
    assert torch.equal(seen[0, 0, :40, :33], torch.ones(40, 33))
    assert seen.sum() == 40 * 33


@pytest.mark.parametrize(("always", "sides"), [(False, (64, 64)), (True, (96, 64))])
def test_a_side_that_is_a_multiple_is_padded_only_where_it_always_is(always, sides):
    transform = InputTransform(None, 32, mean=0.0, sd=1.0, pad_always=always)
    image = np.random.default_rng(0).random((64, 33), np.float32)
    seen = transform.tensor(image)
    assert seen.shape == (1, 1, *sides)
    assert np.array_equal(transform.unpadded(seen, image.shape), image)


@pytest.mark.parametrize("shape", [(40, 33), (31, 64), (1, 7)])
def test_without_a_stretch_a_score_map_comes_back_pixel_by_pixel(shape):
    transform = InputTransform(None, 32, mean=0.0, sd=1.0)
    image = np.random.default_rng(0).random(shape, np.float32)
    assert np.array_equal(transform.restore(transform.unpadded(transform.tensor(image), shape), shape), image)


def test_a_stretched_map_comes_back_in_place():
    transform = InputTransform(64, 32, mean=0.0, sd=1.0)
    image = np.zeros((20, 30), np.float32)
    image[5:8, 21:25] = 1
    back = transform.restore(transform.unpadded(transform.tensor(image), image.shape), image.shape)
    assert back.shape == image.shape
    ys, xs = np.nonzero(back > 0.5)
    assert (ys.mean(), xs.mean()) == pytest.approx((6.0, 22.5), abs=0.3)


def test_image_and_mask_are_stretched_alike():
    mask = np.zeros((20, 30), bool)
    mask[5:9, 20:26] = True
    seen = InputTransform(60, 32, mean=0.0, sd=1.0).sample(Sample("x", 255 * mask.astype(np.float32), mask))
    assert seen.mask.sum() == 4 * 3 * 6 * 2
    assert seen.image[seen.mask].min() > 0 and seen.image[~seen.mask].max() < 255


def test_each_channel_may_have_a_mean_and_sd_of_its_own():
    image = np.random.default_rng(0).uniform(0, 255, (20, 30)).astype(np.float32)
    each = [(10.0, 2.0), (20.0, 3.0), (30.0, 4.0)]
    whole = InputTransform(16, 32, *zip(*each, strict=True)).tensor(image)
    assert whole.shape == (1, 3, 32, 32)
    for channel, (mean, sd) in enumerate(each):
        assert torch.equal(whole[:, channel], InputTransform(16, 32, mean, sd).tensor(image)[:, 0])


def test_an_image_that_is_shrunk_so_that_targets_vanish_is_said_once_and_others_are_not():
    transform = InputTransform(16, 16, mean=0.0, sd=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for shape in ((32, 32), (8, 20)):
            transform.tensor(np.zeros(shape, np.float32))
        InputTransform(None, 16, mean=0.0, sd=1.0).tensor(np.zeros((120, 60), np.float32))
    with pytest.warns(UserWarning) as given:
        for shape in ((120, 68), (90, 90)):
            transform.sample(Sample("a", np.zeros(shape, np.float32), np.zeros(shape, bool)))
    [said] = [str(warning.message) for warning in given]
    assert "120 x 68 is shrunk 7.5 times by resize=16: a target of 3 pixels becomes 0.4 and may vanish" in said
    assert "istdbench predict" in said and "native" in said
