"""Folders of anyone's images and masks: pairing, lists, options and what is refused."""

import numpy as np
import pytest
from pictures import dot, picture, save

from istdbench.datasets.folder import FOLDER
from istdbench.errors import DataError, UsageError
from istdbench.spec import parse_spec


def build(path, options=""):
    return FOLDER.build(parse_spec(f"folder:{path}{options}"))


def rename_masks(mine, ending):
    for path in list((mine / "masks").iterdir()):
        path.rename(path.with_stem(path.stem.removesuffix("_gt") + ending))


def test_images_and_masks_are_paired_by_the_suffix_that_fits(mine):
    data = build(mine)
    assert data.mask_suffix == "_gt"
    assert data.splits() == {"official": {"test": ("a", "b", "c", "d")}}
    np.testing.assert_array_equal(data.load("b").image, picture(1))
    np.testing.assert_array_equal(data.load("b").mask, dot(3, 2) > 0)
    assert (data.name, data.default_protocol) == (f"folder:{mine}", "native")


def test_masks_may_have_their_images_very_names(mine):
    rename_masks(mine, "")
    assert build(mine).load("c").mask.any()


def test_numbered_names_are_not_mistaken_for_suffixes(tmp_path):
    for name in ("1", "10", "100"):
        save(tmp_path / "images" / f"{name}.bmp", picture(0))
        save(tmp_path / "masks" / f"{name}.png", dot(0, 0))
    assert build(tmp_path).mask_suffix == ""


def test_two_suffixes_that_fit_equally_must_be_chosen_from(mine):
    for name in "abcd":
        save(mine / "masks" / f"{name}_edge.png", dot(0, 0))
    with pytest.raises(DataError, match=r"masks pair by '_edge' and by '_gt'; choose mask_suffix="):
        build(mine).splits()
    assert build(mine, ",mask_suffix=_edge").load("d").mask[0, 0]


def test_a_suffix_that_reads_as_a_number_is_text(mine):
    rename_masks(mine, "0")
    assert build(mine, ",mask_suffix=0").load("a").mask.any()


def test_masks_that_pair_with_nothing_are_refused(mine):
    for path in list((mine / "masks").iterdir()):
        path.rename(path.with_stem(f"x{path.stem}"))
    with pytest.raises(DataError, match="no mask has an image's name"):
        build(mine).splits()


def test_missing_masks_are_named_before_a_run_begins(mine):
    (mine / "masks/b_gt.png").unlink()
    (mine / "masks/c_gt.png").unlink()
    with pytest.raises(DataError, match=r"2 of 4 names in official/test have no image or mask \(b, c\)"):
        build(mine).splits()


def test_extra_masks_and_unlisted_images_are_named_as_warnings(mine):
    save(mine / "masks/z_gt.png", dot(0, 0))
    (mine / "test.txt").write_text("a\nb\n")
    assert build(mine).warnings() == ["images in no list: 2 (c, d)", "masks without an image: 1 (z_gt.png)"]


def test_lists_make_the_parts_and_may_carry_file_endings(mine):
    (mine / "train.txt").write_text("a.png\n\nb.png\r\n")
    (mine / "test.txt").write_text("\ufeffc\n", encoding="utf-8")
    assert build(mine).splits() == {"official": {"train": ("a", "b"), "test": ("c",)}}


def test_a_listed_name_without_a_file_and_a_name_listed_twice_are_refused(mine):
    (mine / "train.txt").write_text("a\nb\na\n")
    (mine / "test.txt").write_text("c\nmissing\n")
    with pytest.raises(DataError) as raised:
        build(mine).splits()
    assert "official/train lists a more than once" in str(raised.value)
    assert "1 of 2 names in official/test have no image or mask (missing)" in str(raised.value)


def test_a_list_that_is_not_text_is_named(mine):
    (mine / "test.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"test\.txt: cannot be read as a list of names"):
        build(mine).splits()


def test_grey_masks_are_refused_unless_declared(mine):
    save(mine / "masks/a_gt.png", dot(5, 5) * 200 / 255 + dot(0, 0) * 100 / 255)
    with pytest.raises(DataError, match=r"a_gt\.png.*grey_masks=true"):
        build(mine).load("a")
    np.testing.assert_array_equal(build(mine, ",grey_masks=true").load("a").mask, dot(5, 5) > 0)


def test_two_files_of_one_name_are_refused(mine):
    save(mine / "images/a.bmp", picture(0))
    with pytest.raises(DataError, match=r"a\.bmp and a\.png have one name"):
        build(mine).splits()


def test_a_folder_that_is_absent_or_empty_says_what_is_needed(tmp_path):
    with pytest.raises(DataError, match=r"images: cannot be listed .*PATH/images and PATH/masks"):
        build(tmp_path / "absent").splits()
    (tmp_path / "images").mkdir()
    with pytest.raises(DataError, match="no image file; endings are .png"):
        build(tmp_path).splits()


@pytest.mark.parametrize(
    "text, message",
    [
        ("folder", "a path is missing; write folder:PATH"),
        ("folder:/data/x,mask_sufix=_gt", "did you mean 'mask_suffix'"),
        ("folder:/data/x,grey_masks=yes", "grey_masks=yes is neither true nor false"),
    ],
)
def test_a_name_typed_wrongly_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        FOLDER.build(parse_spec(text))


def test_the_fingerprint_is_of_contents_and_options_not_of_the_place(mine, tmp_path):
    before = build(mine).fingerprint
    moved = mine.rename(tmp_path / "moved")
    assert build(moved).fingerprint == before
    assert build(moved, ",grey_masks=true").fingerprint != before
    (moved / "test.txt").write_text("a\n")
    listed = build(moved).fingerprint
    assert listed != before
    save(moved / "masks/d_gt.png", dot(0, 0))
    assert build(moved).fingerprint not in (before, listed)
