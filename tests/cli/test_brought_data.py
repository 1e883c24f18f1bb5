"""Data as people bring them, through the verbs: the numbers of the same data in plain form, or a refusal with a fix."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from spot_files import write_spots

SPOTS = "abcd"


@pytest.fixture
def folder(tmp_path):
    """A folder data set of four images, which a test changes."""
    return write_spots(tmp_path / "mine", SPOTS)


@pytest.fixture
def values(istdbench):
    """Runs a classical method on a data set; gives its record, its metrics and what was said aside."""

    def run(dataset, code=0):
        result = istdbench(f"run --methods tophat --dataset {dataset} --probes none --json", code)
        [record] = json.loads(result.stdout) or [None]
        return record, record and record["metrics"]["values"], result.stderr

    return run


def each_mask(folder, change):
    for path in (folder / "masks").iterdir():
        change(np.asarray(Image.open(path))).save(path)


def palette(mask):
    image = Image.fromarray(mask // 255, mode="P")
    image.putpalette([0, 0, 0, 128, 0, 0])
    return image


MASKS = {
    "0 and 1": lambda mask: Image.fromarray(mask // 255),
    "a palette": palette,
    "red on black": lambda mask: Image.fromarray(np.dstack([mask, mask * 0, mask * 0])),
    "16 bits": lambda mask: Image.fromarray(mask.astype(np.uint16)),
}


@pytest.mark.parametrize("option", ["", ",grey_masks=true"])
@pytest.mark.parametrize("kind", MASKS)
def test_masks_of_every_kind_give_the_numbers_of_white_ones_and_it_is_said(folder, values, istdbench, kind, option):
    _, right, said = values(f"folder:{folder}")
    assert "warning" not in said
    each_mask(folder, MASKS[kind])
    _, found, said = values(f"folder:{folder}{option}")
    assert found == right
    assert found["IoU"] > 0
    assert said.count("warning: ") == 1 and "masks are read by" in said
    assert "masks read by" in istdbench(f"data check folder:{folder}").stdout


@pytest.mark.parametrize("verb", ["run --methods tophat --probes none --dataset", "data check"])
def test_masks_turned_round_are_an_error_of_every_verb(folder, istdbench, verb):
    each_mask(folder, lambda mask: Image.fromarray(255 - mask))
    assert "targets and background are exchanged" in istdbench(f"{verb} folder:{folder}", code=1).stderr


def test_masks_without_a_target_are_an_error_of_every_verb(folder, istdbench, tmp_path):
    shutil.copytree(folder / "masks", tmp_path / "maps")
    each_mask(folder, lambda mask: Image.fromarray(mask * 0))
    (folder / "train.txt").write_text("a\nb\n")
    (folder / "test.txt").write_text("c\nd\n")
    for line, says in (
        ("run --methods tophat --probes none --dataset", "none of the 2 images to score has a target"),
        ("score maps --dataset", "none of the 2 images to look at has a target"),
        ("train acm --protocol smoke --dataset", "none of the 2 images to train on has a target"),
        ("data check", "no image of official/train has a target"),
    ):
        result = istdbench(f"{line} folder:{folder}", code=1)
        assert says in result.stderr
        assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_camera_of_fourteen_bits_is_said_to_look_flat_and_its_range_gives_the_numbers(folder, values, istdbench):
    _, right, _ = values(f"folder:{folder},range=0:255")
    for path in (folder / "images").iterdir():
        Image.fromarray(7000 + 3 * np.asarray(Image.open(path)).astype(np.uint16)).save(path)
    _, _, said = values(f"folder:{folder}")
    assert said.count("warning: ") == 1 and "of full scale; give the data set a range" in said
    assert "give the data set a range" in istdbench(f"data check folder:{folder}").stdout
    record, found, said = values(f"folder:{folder},range=7000:7765")
    assert found == right
    assert "warning" not in said
    assert record["dataset"]["name"] == f"folder:{folder},range=7000:7765"


def test_lists_as_nudt_sirst_ships_them_are_what_is_scored(folder, values):
    (folder / "img_idx").mkdir()
    (folder / "img_idx/train_X.txt").write_text("a\nb\n")
    (folder / "img_idx/test_X.txt").write_text("c\nd\n")
    record, found, _ = values(f"folder:{folder}")
    assert record["dataset"]["images"] == 2
    assert found["IoU"] > 0


def test_a_path_with_a_comma_is_a_data_set_whose_record_can_be_verified(folder, values, istdbench, tmp_path):
    place = folder.rename(tmp_path / "mine,b=c")
    record, found, _ = values(f'folder:"{place}"')
    assert record["dataset"]["name"] == f'folder:"{place}"'
    assert found["Pd"] == 1
    istdbench("verify tophat")


def test_folders_in_folders_and_pages_of_a_tiff_are_scored_and_their_maps_are_kept(folder, values, istdbench, tmp_path):
    _, right, _ = values(f"folder:{folder}")
    for name in "ab":
        for kind in ("images", "masks"):
            (folder / kind / "seq1").mkdir(exist_ok=True)
            (folder / kind / f"{name}.png").rename(folder / kind / "seq1" / f"{name}.png")
    for kind in ("images", "masks"):
        first, second = (Image.open(folder / kind / f"{name}.png") for name in "cd")
        first.save(folder / kind / "s.tif", save_all=True, append_images=[second])
        for name in "cd":
            (folder / kind / f"{name}.png").unlink()
    istdbench(f"run --methods tophat --dataset folder:{folder} --probes none --maps kept")
    record, found, _ = values(f"folder:{folder}")
    assert record["dataset"]["images"] == 4
    assert found == right
    names = sorted(path.relative_to(tmp_path / "kept").as_posix().split("/", 2)[2] for path in tmp_path.rglob("*.npy"))
    assert names == ["s/0000.npy", "s/0001.npy", "seq1/a.npy", "seq1/b.npy"]


def test_a_first_page_is_never_taken_for_the_sequence(folder, istdbench):
    frame = Image.open(folder / "images/a.png")
    frame.save(folder / "images/a.tif", save_all=True, append_images=[frame] * 3)
    (folder / "images/a.png").unlink()
    for line in ("run --methods tophat --probes none --dataset", "data check"):
        assert "a.tif has 4 pages and its mask a.png 1" in istdbench(f"{line} folder:{folder}", code=1).stderr


def test_images_without_masks_are_shown_the_way_to_predict(folder, istdbench):
    shutil.rmtree(folder / "masks")
    for line in ("run --methods tophat --probes none --dataset", "data check"):
        assert (
            f"istdbench predict {folder}/images --method NAME --out DIR"
            in istdbench(f"{line} folder:{folder}", code=1).stderr
        )


def test_a_split_without_validation_is_trained_on_and_it_is_said(folder, istdbench):
    (folder / "train.txt").write_text("a\nb\nc\n")
    (folder / "test.txt").write_text("d\n")
    result = istdbench(f"train acm --dataset folder:{folder} --protocol smoke --no-score")
    assert "has no part 'val', so that this training is not validated" in result.stderr
    assert "weights: " in result.stdout


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("test", "run --methods tophat --probes none --dataset"),
        ("train", "train acm --protocol smoke --dataset"),
        ("val", "train acm --protocol smoke --dataset"),
    ],
)
def test_an_empty_list_is_named_before_the_work(folder, istdbench, tmp_path, part, line):
    for each, name in {"train": "a", "val": "b", "test": "c"}.items():
        (folder / f"{each}.txt").write_text("" if each == part else name)
    assert f"{part}.txt: it lists no image" in istdbench(f"{line} folder:{folder}", code=1).stderr
    kept = [path.name for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(folder)]
    assert set(kept) <= {"training.lock"}


def test_what_a_mac_leaves_beside_files_changes_nothing(folder, values):
    record, right, _ = values(f"folder:{folder}")
    for place in (folder, folder / "images", folder / "masks"):
        (place / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        for path in [*place.iterdir()]:
            (place / f"._{path.name}").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    (folder / "._test.txt").write_text("a\n")
    again, found, said = values(f"folder:{folder}")
    assert (found, again["dataset"], said.count("warning")) == (right, record["dataset"], 0)


def test_commas_in_paths_and_names_give_the_numbers_of_plain_ones(folder, values, istdbench, tmp_path):
    _, right, _ = values(f"folder:{folder}")
    moved = folder.rename(tmp_path / "a,b=c")
    for path in [*moved.glob("*/a.png")]:
        path.rename(path.with_name("x,y;z.png"))
    (moved / "test.txt").write_text("x,y;z.png,1\nb,2\nc\nd\n")
    shutil.rmtree(leaderboards := Path("leaderboards"))
    _, found, _ = values(f'folder:"{moved}"')
    assert found == right
    [record] = leaderboards.rglob("*.json")
    assert "reproduced" in istdbench(f"verify {record}").stdout


@pytest.mark.parametrize("kind", ["images", "masks", ""])
def test_names_that_are_no_utf8_are_refused_before_the_work(folder, istdbench, tmp_path, kind):
    odd = os.fsdecode(b"caf\xe9")
    if kind:
        shutil.copy(folder / kind / "a.png", folder / kind / f"{odd}.png")
    dataset = folder if kind else folder.rename(tmp_path / odd)
    for verb in ("run --methods tophat --probes none --dataset", "data check"):
        said = istdbench(f"{verb} folder:{dataset}", code=1 if kind else 2).stderr
        assert r"caf\udce9" in said
        assert "no UTF-8" in said
    assert not (tmp_path / "leaderboards").exists()
