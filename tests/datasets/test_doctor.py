"""The doctor finds every defect that is put in, and none where there is none."""

import json
import re

import numpy as np
import pytest
from pictures import dot, picture, save
from PIL import Image

from istdbench.datasets.doctor import check
from istdbench.datasets.facts import target_areas
from istdbench.datasets.folder import FOLDER
from istdbench.datasets.pinned import fetch
from istdbench.datasets.synth import SYNTH
from istdbench.errors import DataError
from istdbench.spec import parse_spec


def examine(path, options=""):
    return check(FOLDER.build(parse_spec(f"folder:{path}{options}")))


def test_a_sound_folder_is_counted_and_healthy(mine):
    save(mine / "masks/b_gt.png", dot(0, 0) + dot(10, 10) + dot(10, 20))
    save(mine / "images/c.png", np.repeat(picture(3, (9, 8))[..., None], 3, axis=2))
    save(mine / "masks/c_gt.png", np.zeros((9, 8)))
    save(mine / "images/d.png", picture(4, (20, 30, 3)))
    save(mine / "masks/d_gt.png", (np.arange(600) < 300).reshape(20, 30) * 255)
    report = examine(mine)
    assert report.healthy
    assert report.warnings == []
    assert report.splits == {"official": {"test": 4}}
    assert (report.images, report.targets, report.single, report.several, report.most) == (4, 5, 2, 1, 3)
    assert report.area == {"min": 4, "median": 4, "max": 300}
    assert report.small == 4
    assert report.modes == {"L": 2, "RGB": 2}
    assert report.coloured == ["d"]
    assert (report.sizes, report.smallest, report.largest) == (2, (9, 8), (20, 30))
    assert report.empty_masks == ["c"]


def test_regions_touching_at_a_corner_are_one_target():
    mask = np.zeros((6, 6), dtype=bool)
    mask[0, 0] = mask[1, 1] = mask[4, 4] = True
    assert target_areas(mask) == (2, 1)


def test_a_mask_of_another_size_is_a_fault_with_both_sizes(mine):
    save(mine / "masks/b_gt.png", dot(1, 1, (10, 11)))
    report = examine(mine)
    assert report.mismatched == ["b"]
    assert any(fault.startswith("mask of b is 10 x 11, its image 20 x 30") for fault in report.faults)


def test_grey_levels_are_counted_and_a_fault_only_where_undeclared(mine):
    grey = dot(5, 5)
    grey[0, :3] = 1, 127, 128
    save(mine / "masks/b_gt.png", grey)
    undeclared, declared = examine(mine), examine(mine, ",grey_masks=true")
    for report in (undeclared, declared):
        assert (report.grey_masks, report.unsure_pixels) == (["b"], 2)
    assert not undeclared.healthy
    assert "declare grey_masks=true" in undeclared.faults[0]
    assert declared.healthy
    assert "> 127 and > 0 differ on 2 pixels" in declared.warnings[0]


def test_unreadable_files_are_named_and_the_rest_is_still_examined(mine):
    (mine / "images/a.png").write_bytes((mine / "images/a.png").read_bytes()[:100])
    (mine / "masks/c_gt.png").write_text("no image")
    report = examine(mine)
    assert report.unreadable == ["a", "c"]
    assert report.images == 2
    assert [path in fault for path, fault in zip(("a.png", "c_gt.png"), report.faults, strict=True)] == [True, True]


def test_names_without_files_are_faults_and_loose_files_warnings(mine):
    (mine / "train.txt").write_text("a\nb\nghost\n")
    (mine / "test.txt").write_text("c\n")
    (mine / "masks/b_gt.png").unlink()
    save(mine / "masks/z_gt.png", dot(0, 0))
    report = examine(mine)
    assert report.missing == ["b", "ghost"]
    assert report.faults == [
        "2 of 3 names in official/train have no image or mask (b, ghost); "
        "add or replace the files, or take the names off the list"
    ]
    assert report.warnings == ["images in no list: 1 (d)", "masks without an image: 1 (z_gt.png)"]


def test_a_test_image_that_is_trained_on_is_found_by_its_pixels_whatever_its_name_and_mode(mine):
    save(mine / "images/d.png", np.repeat(picture(0)[..., None], 3, axis=2))
    (mine / "train.txt").write_text("a\nb\n")
    (mine / "val.txt").write_text("c\n")
    (mine / "test.txt").write_text("d\nc\n")
    report = examine(mine)
    assert report.duplicates == [("official", "d", "a", "train"), ("official", "c", "c", "val")]
    assert report.warnings == ["test images of official that are also trained on: 2 (c, d)"]


def test_a_test_image_that_is_nearly_one_that_is_trained_on_is_said_apart_from_copies(mine):
    clouds = np.add.outer(np.arange(200) ** 2, np.arange(150) * 200) / 274
    for name, target in (("a", 0), ("c", 90)):
        image = clouds.copy()
        image[5, 5] += target
        save(mine / f"images/{name}.png", image)
        save(mine / f"masks/{name}_gt.png", dot(4, 4, (200, 150)))
    (mine / "train.txt").write_text("a\nb\n")
    (mine / "test.txt").write_text("c\nd\n")
    report = examine(mine)
    [(split, test, trained, cosine, bits)] = report.near_duplicates
    assert (split, test, trained) == ("official", "c", "a")
    assert cosine >= 0.995 and bits <= 4
    assert report.duplicates == []
    assert report.warnings == [
        "test images of official that are nearly one that is trained on: 1 (c), "
        "1 pairs of cosine 0.995 or more and pHash 4 or less"
    ]


def test_overlap_between_named_splits_is_said_in_both_directions(toy, tmp_path, write_manifest):
    root = tmp_path / "mirror/github/owner/repo/0123abc"
    (root / "other_train.txt").write_text("a4\na3\n")
    (root / "other_test.txt").write_text("a0\na1\na2\na5\n")
    write_manifest()
    toy.list_paths["other"] = {part: f"owner/repo/0123abc/other_{part}.txt" for part in ("train", "test")}
    fetch(toy)
    assert check(toy).warnings == [
        "1 of the 2 test images of official are in train of other: "
        "numbers of the two splits must not stand in one table",
        "3 of the 4 test images of other are in train of official: "
        "numbers of the two splits must not stand in one table",
    ]


def test_a_split_of_backgrounds_has_no_target_and_is_healthy(toy, tmp_path, write_manifest):
    for i in (4, 5):
        save(tmp_path / f"mirror/github/owner/repo/0123abc/masks/a{i}_gt.png", np.zeros((20, 30)))
    write_manifest()
    fetch(toy)
    assert check(toy).faults == [
        "no image of official/test has a target; save masks with 255 on targets and 0 elsewhere"
    ]
    toy.backgrounds = ("official",)
    assert check(toy).healthy


def test_images_of_another_data_set_are_compared_where_it_is_here(toy, mine, tmp_path):
    save(mine / "images/d.png", picture(4))  # the toy's test image a4, and two that the toy trains on
    save(mine / "images/a.png", picture(0))
    save(mine / "images/b.png", picture(1))
    (mine / "train.txt").write_text("c\nd\n")
    (mine / "test.txt").write_text("a\nb\n")
    own = FOLDER.build(parse_spec(f"folder:{mine}"))
    assert check(own, others=[toy]).compared_with == {"toy": "not here"}
    fetch(toy)
    report = check(own, others=[toy])
    assert report.compared_with == {"toy": "official"}
    assert report.warnings == [
        f"2 of the 2 test images of folder:{mine} (official) are in train of toy (official): "
        "weights of the one set must not be scored on them",
        f"1 of the 2 test images of toy (official) are in train of folder:{mine} (official): "
        "weights of the one set must not be scored on them",
    ]


def test_a_published_file_that_was_altered_is_a_fault(toy):
    fetch(toy)
    save(toy.paths("a1")[1], dot(2, 2))
    report = check(toy)
    assert report.faults == ["files not as published: 1 (a1_gt.png); run `istdbench data fetch toy`"]


def test_a_data_set_that_is_not_there_cannot_be_examined(toy, tmp_path):
    with pytest.raises(DataError, match="not here yet"):
        check(toy)
    with pytest.raises(DataError, match="cannot be listed"):
        examine(tmp_path / "absent")


def test_the_synthetic_set_is_healthy_and_progress_counts_every_image():
    steps = []
    report = check(SYNTH.build(parse_spec("synth:n=8,size=64")), lambda done, total: steps.append((done, total)))
    assert report.healthy
    assert report.images == 232
    assert report.modes == {}
    assert report.empty_masks
    assert report.several
    assert report.duplicates == []
    assert steps[0] == (1, 232)
    assert steps[-1] == (232, 232)


def test_a_report_survives_json(mine):
    report = json.loads(json.dumps(examine(mine).to_dict()))
    assert report["healthy"] is True
    assert report["targets"] == 4


def test_the_range_and_the_share_of_it_that_images_fill_are_shown(mine):
    for i, name in enumerate("abcd"):
        save(mine / f"images/{name}.png", 40 + 30 * i + picture(i) % 4)
    report = examine(mine)
    assert report.range == "full"
    assert report.levels == {"min": 40, "max": 133}
    assert report.filled == pytest.approx({"min": 3 / 255, "median": 3 / 255, "max": 3 / 255}, abs=1e-3)
    assert report.warnings[0].startswith("images look flat to a method: the half of them fill 1.2% of the range full")
    spread = examine(mine, ",range=minmax")
    assert (spread.range, spread.warnings) == ("minmax", [])
    assert examine(mine, ",range=minmax,range_of=sequence").range == "minmax of each sequence"
    assert spread.filled["median"] == pytest.approx(1, abs=1e-2)


def test_levels_of_fourteen_bits_in_sixteen_are_a_warning_that_names_the_option(mine):
    for i, name in enumerate("abcd"):
        Image.fromarray((7000 + picture(i) * 3).astype(np.uint16)).save(mine / f"images/{name}.png")
    report = examine(mine)
    assert report.flat == ["a", "b", "c", "d"]
    [warning] = report.warnings
    assert re.search(r"flat to a method: 4 of 4; in a, levels 70\d\d to 7\d+ of 0 to 65535 .*range=minmax", warning)
    assert report.healthy
    assert examine(mine, ",range=7000:7800").warnings == []


def test_how_masks_were_read_is_a_warning(mine):
    for name in "abc":
        save(mine / f"masks/{name}_gt.png", dot(5, 5) / 255)
    report = examine(mine)
    assert report.healthy
    assert report.masks_read_by == {"levels 0 and 1": 3}
    assert report.warnings == ["masks read by levels 0 and 1: 3; what is not 0 is a target"]
    assert report.targets == 4


@pytest.mark.parametrize("options", ["", ",grey_masks=true"])
def test_masks_that_are_turned_round_or_numbered_are_one_fault(mine, options):
    for name in "abc":
        save(mine / f"masks/{name}_gt.png", 255 - dot(5, 5))
    save(mine / "masks/d_gt.png", dot(5, 5) / 255 + dot(9, 9) / 255 * 2)
    report = examine(mine, options)
    assert report.unusable_masks == ["a", "b", "c", "d"]
    [fault] = report.faults
    assert fault.startswith(
        "masks that cannot be used: 4 (a, b, c, d); in that of a, targets cover 99.33% of the image"
    )
    assert not report.healthy


def test_a_part_without_a_target_is_a_fault(mine):
    (mine / "train.txt").write_text("a\nb\n")
    (mine / "test.txt").write_text("c\nd\n")
    for name in "ab":
        save(mine / f"masks/{name}_gt.png", dot(5, 5) * 0)
    report = examine(mine)
    assert report.faults == ["no image of official/train has a target; save masks with 255 on targets and 0 elsewhere"]


def test_an_empty_list_is_a_fault_and_no_verb_goes_on_with_it(mine):
    (mine / "train.txt").write_text("")
    (mine / "test.txt").write_text("a\n")
    data = FOLDER.build(parse_spec(f"folder:{mine}"))
    assert check(data).faults == ["official/train has no image; write names into its list, or remove the list"]
    with pytest.raises(DataError, match=r"train\.txt: it lists no image"):
        data.names("official", "train")


def test_pages_of_a_tiff_are_examined_one_by_one_and_counted_against_their_masks(tmp_path):
    frames = [Image.fromarray(picture(i).astype(np.uint8)) for i in range(3)]
    (tmp_path / "images").mkdir()
    frames[0].save(tmp_path / "images/s.tif", save_all=True, append_images=frames[1:])
    save(tmp_path / "masks/s.png", dot(0, 0))
    report = examine(tmp_path)
    assert "s.tif has 3 pages and its mask s.png 1" in report.faults[0]
    masks = [Image.fromarray(dot(i, i).astype(np.uint8)) for i in range(3)]
    (tmp_path / "masks/s.png").unlink()
    masks[0].save(tmp_path / "masks/s.tif", save_all=True, append_images=masks[1:])
    report = examine(tmp_path)
    assert report.healthy
    assert (report.images, report.targets) == (3, 3)
