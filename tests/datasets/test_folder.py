"""Folders of anyone's images and masks: pairing, lists, options and what is refused."""

import os
import re
import shutil

import numpy as np
import pytest
from pictures import dot, picture, save
from PIL import Image

from istdbench.datasets.folder import FOLDER
from istdbench.errors import DataError, UsageError
from istdbench.files import sha256_file, sha256_json
from istdbench.spec import Spec, parse_spec


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


def test_an_empty_list_is_named_and_its_part_refused(mine):
    for part in ("train", "val", "test"):
        (mine / f"{part}.txt").write_text("" if part != "train" else "a\nb\n")
    data = build(mine)
    assert data.names("official", "train") == ("a", "b")
    for part in ("val", "test"):
        with pytest.raises(DataError) as raised:
            data.names("official", part)
        assert str(raised.value) == (
            f"{mine}/{part}.txt: it lists no image; write the names of some into it, one a line, or remove it"
        )


def test_a_part_that_is_left_empty_by_another_list_is_refused(mine):
    (mine / "trainval.txt").write_text("a\nb\n")
    (mine / "val.txt").write_text("a\nb\n")
    with pytest.raises(DataError, match=r"part 'train' of split 'official' has no image; write names into its list"):
        build(mine).names("official", "train")


@pytest.mark.parametrize("kind", ["images", "masks"])
def test_a_file_name_that_is_no_utf8_is_named_and_refused(mine, kind):
    (mine / kind / os.fsdecode(b"caf\xe9.png")).write_bytes((mine / "images/a.png").read_bytes())
    with pytest.raises(DataError, match=r"mine/.*/caf\\udce9\.png': the name is no UTF-8.*rename it") as raised:
        build(mine).load("a")
    str(raised.value).encode()


def test_a_path_that_is_no_utf8_is_refused_before_it_names_anything():
    with pytest.raises(UsageError, match=r"'folder:/data/caf\\udce9': it is no UTF-8") as raised:
        build(os.fsdecode(b"/data/caf\xe9"))
    str(raised.value).encode()


def test_names_with_commas_and_spaces_are_listed_with_columns_behind_them(mine):
    for i, name in enumerate(("a,b", "a b", "a;b.v2")):
        save(mine / f"images/{name}.png", picture(i))
        save(mine / f"masks/{name}_gt.png", dot(i, i))
    (mine / "test.txt").write_text("a,b 1\na b.png, 0\na;b.v2;1\na 1\n")
    assert build(mine).names("official", "test") == ("a,b", "a b", "a;b.v2", "a")


@pytest.mark.parametrize("place", ["images/a.png", "masks/a_gt.png", "images/s.tif", "test.txt"])
def test_a_named_pipe_is_refused_and_not_waited_for(mine, place):
    (mine / place).unlink(missing_ok=True)
    os.mkfifo(mine / place)
    with pytest.raises(DataError, match=str(mine)):
        build(mine).load(build(mine).names("official", "test")[0])


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
        ("folder:/data/x,range_of=set", "range_of=set is neither sequence nor image"),
        ("folder:/data/x,range=9:1", "range '9:1': a lower number and then a higher one are needed"),
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


def test_capital_letters_are_read_as_small_ones_and_hidden_files_are_passed_over(mine):
    for kind in ("images", "masks"):
        (mine / kind).rename(mine / kind.capitalize())
        save(mine / kind.capitalize() / "__MACOSX/z.png", picture(0))
        for path in list((mine / kind.capitalize()).glob("*.png")):
            path.rename(path.with_suffix(".PNG"))
            path.with_name(f"._{path.name}").write_bytes(b"of another file system")
    data = build(mine)
    assert data.splits() == {"official": {"test": ("a", "b", "c", "d")}}
    np.testing.assert_array_equal(data.load("b").image, picture(1))
    assert data.warnings() == []


@pytest.mark.parametrize("path", ["a,b=c/x", "a=1", 'say "hi"'])
def test_a_path_may_hold_commas_equals_signs_and_quotes(mine, tmp_path, path):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    place = mine.rename(tmp_path / path)
    data = FOLDER.build(Spec("folder", str(place), {"mask_suffix": "_gt"}))
    assert data.load("a").mask.any()
    assert FOLDER.build(parse_spec(data.name)).folder == place


def test_a_path_with_a_comma_that_is_not_quoted_is_told_how(mine):
    with pytest.raises(UsageError, match=r"no option .b..*a path with a comma or = in it .*: 'folder:\"PATH\"'"):
        build("/data/a,b=c")


@pytest.fixture
def nested(tmp_path):
    """Three images in each of two folders, no image in none."""
    for row in range(3):
        for column, folder in enumerate(("seq1", "seq2")):
            save(tmp_path / f"set/images/{folder}/{row:04d}.png", picture(10 * row + column) // 4 + 50 * column)
            save(tmp_path / f"set/masks/{folder}/{row:04d}_gt.png", dot(3 * row, 2 * column))
    return tmp_path / "set"


def test_images_in_folders_are_named_with_them(nested):
    data = build(nested)
    assert data.mask_suffix == "_gt"
    assert data.splits()["official"]["test"] == tuple(f"seq{s}/000{i}" for s in (1, 2) for i in range(3))
    np.testing.assert_array_equal(data.load("seq2/0001").mask, dot(3, 2) > 0)


def test_a_list_may_name_folders_and_the_images_in_them(nested):
    (nested / "train.txt").write_text("seq1\n")
    (nested / "val.txt").write_text("seq2\\0000.png\n")
    (nested / "test.txt").write_text("set/images/seq2/0001.png set/masks/seq2/0001.png\n./seq2/0002\n")
    assert build(nested).splits()["official"] == {
        "train": ("seq1/0000", "seq1/0001", "seq1/0002"),
        "val": ("seq2/0000",),
        "test": ("seq2/0001", "seq2/0002"),
    }


def test_lists_as_nudt_sirst_ships_them_are_the_parts(mine):
    (mine / "img_idx").mkdir()
    (mine / "img_idx/train_NUDT-SIRST.txt").write_text("a\nb\n")
    (mine / "img_idx/test_NUDT-SIRST.txt").write_text("c.png\nd.png\n")
    data = build(mine)
    assert data.splits() == {"official": {"train": ("a", "b"), "test": ("c", "d")}}
    assert data.warnings() == []
    without = build(mine).fingerprint
    (mine / "img_idx/train_NUDT-SIRST.txt").write_text("a\n")
    assert build(mine).fingerprint != without


def test_trainval_is_trained_on_but_for_what_validates(mine):
    (mine / "trainval.txt").write_text("a\nb\nc\n")
    (mine / "test.txt").write_text("d\n")
    assert build(mine).splits()["official"]["train"] == ("a", "b", "c")
    (mine / "val.txt").write_text("b\n")
    assert build(mine).splits()["official"] == {
        "val": ("b",),
        "test": ("d",),
        "trainval": ("a", "b", "c"),
        "train": ("a", "c"),
    }


def test_a_list_that_is_not_used_is_said_and_a_text_that_is_none_is_not(mine):
    (mine / "50_50").mkdir()
    (mine / "50_50/train.txt").write_text("a\nb\n")
    (mine / "validation.txt").write_text("c\n")
    (mine / "readme.txt").write_text("images of nothing\n")
    (mine / "boxes.txt").write_text("a 0 0 2 2\na 7 7 9 9\n")
    said = (
        r"lists that are not used: 2 \(validation.txt, 50_50/train.txt\), and every image is for testing; "
        r"lists are PATH/\{train,val,test,trainval\}.txt or PATH/img_idx/"
    )
    data = build(mine)
    with pytest.warns(UserWarning, match=said) as given:
        data.splits()
        data.splits()
    assert len(given) == 1
    [warning] = data.warnings()
    assert re.search(said, warning)


@pytest.mark.parametrize(
    ("place", "text"),
    [("ImageSets/Main/test.txt", "a\n"), ("test.csv", "name,label\na,1\nb,0\n"), ("test_X.lst", "a\nb\n")],
)
def test_a_list_of_another_kind_or_deeper_down_is_said_too(mine, place, text):
    (mine / place).parent.mkdir(parents=True, exist_ok=True)
    (mine / place).write_text(text)
    (mine / "boxes.csv").write_text("name,x,y\na,1,2\nb,3,4\n")
    with pytest.warns(UserWarning, match=re.escape(f"lists that are not used: 1 ({place})")):
        build(mine).splits()


def test_the_list_of_the_very_name_stands_before_others_and_these_are_said(mine):
    (mine / "img_idx").mkdir()
    for name, line in (("test", "a"), ("test_small", "b"), ("img_idx/test_X", "c")):
        (mine / f"{name}.txt").write_text(f"{line}\n")
    data = build(mine)
    with pytest.warns(UserWarning, match=r"not used: 2 \(test_small.txt, img_idx/test_X.txt\); lists are"):
        assert data.splits() == {"official": {"test": ("a",)}}


def test_several_lists_of_one_part_are_refused(mine):
    for name in ("test_A", "test_B"):
        (mine / f"{name}.txt").write_text("a\n")
    with pytest.raises(DataError, match=r"several lists of one part: test_A.txt, test_B.txt; keep one, or rename it"):
        build(mine).splits()


def pages(path, arrays):
    first, *rest = (Image.fromarray(np.asarray(array, dtype=np.uint8)) for array in arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    first.save(path, save_all=True, append_images=rest)


def test_a_tiff_of_several_pages_is_a_sequence_whose_masks_are_another(tmp_path):
    pages(tmp_path / "images/s.tif", [picture(i) for i in range(3)])
    pages(tmp_path / "masks/s_gt.tif", [dot(i, i) for i in range(3)])
    save(tmp_path / "images/single.png", picture(7))
    save(tmp_path / "masks/single_gt.png", dot(7, 7))
    data = build(tmp_path)
    assert data.splits()["official"]["test"] == ("s/0000", "s/0001", "s/0002", "single")
    for page in range(3):
        np.testing.assert_array_equal(data.load(f"s/000{page}").image, picture(page))
        np.testing.assert_array_equal(data.load(f"s/000{page}").mask, dot(page, page) > 0)


def test_pages_without_as_many_masks_are_refused_and_never_read_by_the_first_alone(tmp_path):
    pages(tmp_path / "images/s.tif", [picture(i) for i in range(4)])
    save(tmp_path / "masks/s.png", dot(0, 0))
    with pytest.raises(DataError, match=r"s\.tif has 4 pages and its mask s\.png 1; save a TIFF of 4 masks"):
        build(tmp_path).splits()


def test_masks_of_pages_in_a_folder_are_told_how_they_are_kept(tmp_path):
    (tmp_path / "images").mkdir()
    pages = [Image.fromarray(picture(seed).astype(np.uint8)) for seed in range(2)]
    pages[0].save(tmp_path / "images/s.tif", save_all=True, append_images=pages[1:])
    for page in range(2):
        save(tmp_path / f"masks/s/{page:04d}.png", dot(3, 3))
    with pytest.raises(DataError, match="those of a TIFF of several pages are a TIFF of its name, of as many"):
        build(tmp_path).splits()


def test_images_without_masks_are_shown_the_way_to_predict(mine):
    shutil.rmtree(mine / "masks")
    with pytest.raises(
        DataError, match="masks: no such folder; a data set has a mask for each image.*istdbench predict"
    ):
        build(mine).splits()
    with pytest.raises(DataError, match="images: it holds images itself; .* istdbench predict .*mine/images "):
        build(mine / "images").splits()


def camera(path, low=7000):
    """A folder of two 16-bit images of a 14-bit camera, with one bright target each."""
    for i, name in enumerate(("seq1/a", "seq1/b", "seq2/a")):
        image = np.random.default_rng(i).integers(low, low + 100, (20, 30)).astype(np.uint16)
        image[5:7, 5:7] = low + 800 + 100 * i
        (path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path / "images" / f"{name}.png")
        save(path / f"masks/{name}.png", dot(5, 5))
    return path


def test_levels_of_a_camera_are_said_to_look_flat_and_a_range_spreads_them(tmp_path):
    camera(tmp_path)
    data = build(tmp_path)
    said = r"seq1/a, levels 70\d\d to 7800 of 0 to 65535 use 1.2% of full scale; give the data set a range"
    with pytest.warns(UserWarning, match=said) as given:
        assert np.ptp(data.load("seq1/a").image) < 4
        data.load("seq1/b")
    assert len(given) == 1
    for option in ("minmax", "percentile", "7000:7800"):
        image = build(tmp_path, f",range={option}").load("seq1/a").image
        assert image[5, 5] == 255
        assert np.ptp(image) > 250


def test_images_of_a_sequence_may_share_their_range(tmp_path):
    data = build(camera(tmp_path), ",range=minmax,range_of=sequence")
    peaks = {name: data.load(name).image.max() for name in data.images}
    assert peaks["seq1/a"] == pytest.approx(255 * 800 / 900, abs=1)
    assert peaks["seq1/b"] == peaks["seq2/a"] == 255


def test_a_range_that_an_image_is_outside_of_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"a\.png: levels 70\d\d to 7800 are outside the range 100:200"):
        build(camera(tmp_path), ",range=100:200").load("seq1/a")


def test_levels_with_a_fraction_need_a_range(tmp_path):
    (tmp_path / "images").mkdir()
    Image.fromarray((picture(0) / 100 + 290).astype(np.float32)).save(tmp_path / "images/a.tif")
    save(tmp_path / "masks/a.png", dot(2, 2))
    with pytest.raises(DataError, match=r"a\.tif: float32 levels have no full scale; say which to take: range=minmax"):
        build(tmp_path).load("a")
    np.testing.assert_allclose(build(tmp_path, ",range=290:292.55").load("a").image, picture(0), atol=1e-2)


def test_a_range_is_in_the_fingerprint_only_where_one_is_set(mine):
    plain = build(mine).fingerprint
    assert build(mine, ",range=full").fingerprint == plain
    others = [build(mine, f",range={option}").fingerprint for option in ("minmax", "0:99", "minmax,range_of=sequence")]
    assert len({plain, *others}) == 4


def test_the_fingerprint_of_a_plain_folder_is_what_records_hold(tmp_path):
    save(tmp_path / "images/a.png", picture(0))
    save(tmp_path / "masks/a.png", dot(0, 0))
    (tmp_path / "test.txt").write_text("a\n")
    files = {
        key: sha256_file(tmp_path / path)
        for key, path in {"images/a": "images/a.png", "masks/a": "masks/a.png", "test.txt": "test.txt"}.items()
    }
    assert build(tmp_path).fingerprint == sha256_json({"grey_masks": False, "files": files})


def test_masks_that_are_not_white_are_said_once(mine):
    for path in (mine / "masks").iterdir():
        save(path, np.asarray(Image.open(path)) // 255)
    data = build(mine)
    with pytest.warns(UserWarning, match="masks are read by levels 0 and 1, such as that of a: what is not 0") as given:
        assert all(data.load(name).mask.sum() == 4 for name in "abcd")
    assert len(given) == 1
