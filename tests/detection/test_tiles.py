"""Tiles cover an image, and what is cut apart comes out whole."""

import numpy as np
import pytest
from bright import bright_detector, spots
from scipy import ndimage

from istdbench.detection.tiles import cut, join


@pytest.mark.parametrize("shape", [(100, 100), (101, 130), (7, 300), (64, 64), (200, 65)])
@pytest.mark.parametrize("side", [1, 64])
def test_tiles_cover_every_pixel_and_lie_within_the_image(shape, side):
    seen = np.zeros(shape, int)
    for rows, columns in cut(shape, side):
        assert 0 <= rows.start < rows.stop <= shape[0] and 0 <= columns.start < columns.stop <= shape[1]
        seen[rows, columns] += 1
    assert seen.min() >= 1


def test_neighbours_share_an_eighth_of_their_side():
    starts = sorted({columns.start for _, columns in cut((64, 1000), 64)})
    assert starts[0] == 0 and starts[-1] == 1000 - 64
    assert max(np.diff(starts)) <= 64 - 8


def test_what_tiles_agree_on_is_unchanged():
    whole = np.random.default_rng(0).random((90, 200)).astype(np.float32)
    places = cut(whole.shape, 32)
    np.testing.assert_allclose(join([whole[place] for place in places], places, whole.shape), whole, atol=1e-6)


def test_a_pixel_counts_the_more_the_further_it_is_from_the_edge_of_its_tile():
    places = cut((10, 18), 10)
    assert [columns.start for _, columns in places] == [0, 8]
    joined = join([np.zeros((10, 10)), np.ones((10, 10))], places, (10, 18))
    np.testing.assert_allclose(joined[5, 7:11], [0, 1 / 3, 2 / 3, 1], atol=1e-6)


def test_a_target_on_the_border_of_tiles_comes_out_once():
    """The reference looks at the whole image, and at no tile: SciPy's regions of what is brighter than 128."""
    starts = sorted({columns.start for _, columns in cut((256, 256), 64)})
    borders = [at + shift for at in (*starts[1:], *(start + 64 for start in starts[:-1])) for shift in (-2, -1, 0)]
    image = spots((256, 256), *((row, column) for row in borders[::4] for column in borders[1::4]))
    labels, count = ndimage.label(image > 128, np.ones((3, 3)))
    centres = ndimage.center_of_mass(image > 128, labels, range(1, count + 1))
    found = bright_detector(tile=64).detect(image)
    assert len(bright_detector(tile=64).places(image.shape)) == 25 and count > 5
    np.testing.assert_allclose(sorted((each.y, each.x) for each in found), sorted(centres))


def test_only_much_larger_images_than_the_trained_are_cut():
    detector = bright_detector(resize=128, trained_side=64)
    assert len(detector.places((128, 100))) == 1
    assert len(detector.places((129, 100))) == 6
    assert len(bright_detector(resize=128, trained_side=64, tile=None).places((999, 999))) == 1
    assert len(bright_detector(tile=100).places((100, 101))) == 2
    assert len(bright_detector().places((5000, 5000))) == 1


def test_a_small_target_of_a_large_image_is_found_in_tiles_and_lost_without():
    image = spots((600, 800), (300, 401), side=2)
    small = bright_detector(resize=64, trained_side=64)
    assert [(each.x, each.y) for each in small.detect(image)] == [pytest.approx((401.5, 300.5), abs=0.5)]
    with pytest.warns(UserWarning, match=r"shrunk 12\.5 times"):
        assert bright_detector(resize=64, tile=None).detect(image) == []
