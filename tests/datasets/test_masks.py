"""Masks of every kind that people bring: taken and said, or refused with what to do; never emptied."""

import numpy as np
import pytest
from PIL import Image

from istdbench.datasets.masks import examine_mask, usable
from istdbench.errors import DataError

SPOT = np.zeros((6, 8), dtype=bool)
SPOT[2:4, 3:5] = True


def read_mask(path, page=None, grey=False):
    return usable(examine_mask(path, page), path, grey)


def of_palette(numbers, *colours):
    image = Image.fromarray(np.asarray(numbers, dtype=np.uint8), mode="P")
    image.putpalette([level for colour in colours for level in colour])
    return image


def coloured(target, background=(0, 0, 0)):
    return Image.fromarray(np.where(SPOT[..., None], target, background).astype(np.uint8))


def gray(target, kind=np.uint8):
    return Image.fromarray(SPOT.astype(kind) * kind(target))


BLACK, RED = (0, 0, 0), (128, 0, 0)
TAKEN = {
    "0 and 255": (gray(255), ""),
    "black and white": (Image.fromarray(SPOT), ""),
    "0 and 65535": (gray(65535, np.uint16), ""),
    "gray RGB": (coloured((255, 255, 255)), ""),
    "0 and 1": (gray(1), "levels 0 and 1"),
    "0 and 128": (gray(128), "levels 0 and 128"),
    "0 and 1 of 16 bits": (gray(1, np.uint16), "levels 0 and 1"),
    "0 and 255 of 16 bits": (gray(255, np.uint16), "levels 0 and 255"),
    "0 and 1 of 32 bits": (gray(1, np.int32), "levels 0 and 1"),
    "red on black": (coloured((255, 0, 0)), "colours on black"),
    "the darkest blue on black": (coloured((0, 0, 1)), "colours on black"),
    "a palette of red": (of_palette(SPOT, BLACK, RED), "colours on black"),
    "a palette of white": (of_palette(SPOT, BLACK, (255, 255, 255)), ""),
    "a palette of the levels themselves": (of_palette(SPOT, BLACK, (1, 1, 1)), "levels 0 and 1"),
    "a palette all black": (of_palette(SPOT, BLACK, BLACK), "the numbers of a palette"),
    "a palette without black": (of_palette(SPOT, (68, 1, 84), (253, 231, 37)), "the numbers of a palette"),
}


@pytest.mark.parametrize("grey", [False, True], ids=["undeclared", "grey"])
@pytest.mark.parametrize("kind", TAKEN)
def test_a_mask_of_two_levels_or_colours_is_taken_and_said_whatever_is_declared(tmp_path, kind, grey):
    image, taken = TAKEN[kind]
    image.save(tmp_path / ("m.tif" if image.mode == "I" else "m.png"))
    [path] = tmp_path.iterdir()
    mask = read_mask(path, grey=grey)
    np.testing.assert_array_equal(mask.targets, SPOT)
    assert mask.targets.dtype == bool
    assert (mask.taken, mask.grey) == (taken, False)


def test_an_empty_mask_is_empty_and_needs_no_word(tmp_path):
    for number, image in enumerate((gray(0), gray(0, np.uint16), coloured(BLACK), of_palette(SPOT * 0, BLACK, RED))):
        image.save(tmp_path / f"{number}.png")
        mask = read_mask(tmp_path / f"{number}.png")
        assert not mask.targets.any()
        assert mask.taken == ""


@pytest.mark.parametrize(
    "levels, shown", [([0, 0, 0, 127, 128, 255], "127, 128;"), (range(0, 200, 10), r"70, 80, \.\.\.;")]
)
def test_more_levels_are_refused_and_listed_unless_declared_and_then_true_above_127(tmp_path, levels, shown):
    levels = np.array([list(levels)], dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "m.png")
    with pytest.raises(DataError, match=rf"m\.png: a mask is 0 and 255.* also holds .*{shown}.*grey_masks=true"):
        read_mask(tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png", grey=True).targets, levels > 127)
    mask = examine_mask(tmp_path / "m.png")
    assert mask.grey
    assert mask.unsure == ((levels > 0) & (levels <= 127)).sum()


@pytest.mark.parametrize("grey", [False, True], ids=["undeclared", "grey"])
@pytest.mark.parametrize(
    "levels, kind, says",
    [
        ([0, 0, 1, 2, 3], np.uint8, "holds 0, 1, 2, 3 and nothing above 127"),
        ([0, 0, 0, 1, 255], np.uint16, "holds 0, 1, 255 and nothing above 127"),
        ([0, 0, 0, 0.5, 1], np.float32, "float32 levels 0, 0.5, 1 are no mask"),
        ([255, 255, 255, 0], np.uint8, "cover 75.00% of the image, as where targets and background are exchanged"),
        ([255, 255], np.uint8, "cover 100.00% of the image"),
        ([200, 200, 130, 0], np.uint8, "cover 75.00% of the image"),
        ([7, 7], np.uint8, "holds 7 and nothing above 127"),
    ],
)
def test_what_would_be_emptied_or_turned_round_is_refused_and_no_option_is_proposed(tmp_path, levels, kind, says, grey):
    path = tmp_path / "m.tif"
    Image.fromarray(np.array([levels], dtype=kind)).save(path)
    with pytest.raises(
        DataError, match=rf"m\.tif: .*{says}.*; save masks with 255 on targets and 0 elsewhere"
    ) as raised:
        read_mask(path, grey=grey)
    assert "grey_masks" not in str(raised.value)
    assert examine_mask(path).unusable


def test_a_mask_whose_shape_is_in_its_transparency_is_refused(tmp_path):
    Image.fromarray(np.dstack([SPOT * 0, SPOT * 0, SPOT * 0, SPOT * 255]).astype(np.uint8)).save(tmp_path / "m.png")
    with pytest.raises(DataError, match=r"m\.png: its shape is in its transparency"):
        read_mask(tmp_path / "m.png")


def test_a_mask_may_be_one_page_of_several(tmp_path):
    gray(0).save(tmp_path / "m.tif", save_all=True, append_images=[gray(255)])
    assert not read_mask(tmp_path / "m.tif", 0).targets.any()
    np.testing.assert_array_equal(read_mask(tmp_path / "m.tif", 1).targets, SPOT)
    with pytest.raises(DataError, match=r"m\.tif: 2 pages where one image is needed"):
        read_mask(tmp_path / "m.tif")
