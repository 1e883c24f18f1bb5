"""The published data sets, fetched from a mirror of the real files, hold what was measured on them."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from istdbench.datasets import sources
from istdbench.datasets.digest import image_digest
from istdbench.datasets.doctor import check
from istdbench.datasets.nuaa import BASICIRSTD
from istdbench.datasets.split_lists import read_list
from istdbench.datasets.union import Union
from istdbench.results.store import read_record


@pytest.fixture(scope="module")
def nuaa_report(real_data):
    return check(real_data("nuaa"))


@pytest.fixture(scope="module")
def irstd1k_report(real_data):
    return check(real_data("irstd1k"))


@pytest.fixture(scope="module")
def sirst2_report(real_data):
    return check(real_data("sirst2"), others=[real_data("nuaa")])


@pytest.fixture(scope="module")
def nudt_report(real_data):
    return check(real_data("nudt"))


def test_nuaa_has_427_images_in_four_modes_and_381_sizes(nuaa_report):
    assert nuaa_report.images == 427
    assert nuaa_report.modes == {"RGB": 379, "L": 28, "RGBA": 15, "P": 5}
    assert nuaa_report.sizes == 381


def test_nuaa_has_533_targets_of_4_to_330_pixels(nuaa_report):
    assert (nuaa_report.targets, nuaa_report.single, nuaa_report.several, nuaa_report.most) == (533, 358, 69, 7)
    assert nuaa_report.area == {"min": 4, "median": 20, "max": 330}
    assert nuaa_report.small == 68


def test_nuaa_masks_are_binary_and_of_their_images_sizes(nuaa_report):
    assert nuaa_report.healthy
    assert (nuaa_report.grey_masks, nuaa_report.mismatched, nuaa_report.empty_masks) == ([], [], [])


def test_nuaa_splits_have_the_published_sizes_and_each_covers_the_set_once(real_data, nuaa_report):
    assert nuaa_report.splits == {
        "official": {"train": 256, "val": 85, "test": 86, "trainval": 341},
        "5050": {"train": 213, "test": 214},
        "v320": {"train": 160, "val": 64, "test": 96, "trainval": 224},
    }
    official, fifty, v320 = real_data("nuaa").splits().values()
    assert set(official["train"]) | set(official["val"]) == set(official["trainval"])
    assert len({*official["trainval"], *official["test"]}) == len({*fifty["train"], *fifty["test"]}) == 427
    assert set(v320["train"]) | set(v320["val"]) == set(v320["trainval"])
    assert len({*v320["trainval"], *v320["test"]}) == 320


def test_a_split_that_came_later_leaves_the_fingerprint_of_the_records_as_it_was(real_data):
    records = Path(__file__).parents[2] / "leaderboards" / "records" / "nuaa"
    record = read_record(next(records.rglob("*.json")))
    assert real_data("nuaa").fingerprint == record.dataset.fingerprint


def test_the_doctor_says_that_nuaas_splits_leak_into_each_other(nuaa_report):
    leaks = [warning.partition(":")[0] for warning in nuaa_report.warnings]
    assert leaks == [
        "44 of the 86 test images of official are in train of 5050",
        "43 of the 86 test images of official are in trainval of v320",
        "172 of the 214 test images of 5050 are in trainval of official",
        "111 of the 214 test images of 5050 are in trainval of v320",
        "77 of the 96 test images of v320 are in trainval of official",
        "47 of the 96 test images of v320 are in train of 5050",
    ]


def test_irstd1k_has_1001_images_of_one_size_three_of_them_coloured(irstd1k_report):
    assert irstd1k_report.splits == {"official": {"train": 800, "test": 201}}
    assert (irstd1k_report.images, irstd1k_report.sizes, irstd1k_report.largest) == (1001, 1, (512, 512))
    assert len(irstd1k_report.coloured) == 3


def test_irstd1k_declares_its_85_grey_masks_which_are_unsure_on_73_pixels(irstd1k_report):
    assert len(irstd1k_report.grey_masks) == 85
    assert irstd1k_report.unsure_pixels == 73
    assert irstd1k_report.healthy
    assert [warning.partition(":")[0] for warning in irstd1k_report.warnings] == [
        "masks with grey levels",
        "test images of official that are nearly one that is trained on",
    ]


def test_nudt_has_1327_images_of_one_size_and_1863_targets_of_1_to_108_pixels(nudt_report):
    assert (nudt_report.images, nudt_report.sizes, nudt_report.largest) == (1327, 1, (256, 256))
    assert (nudt_report.targets, nudt_report.single, nudt_report.several, nudt_report.most) == (1863, 861, 466, 4)
    assert nudt_report.area == {"min": 1, "median": 20, "max": 108}


def test_nudt_masks_are_binary_none_is_empty_and_its_split_covers_the_set_once(real_data, nudt_report):
    assert nudt_report.healthy
    assert (nudt_report.grey_masks, nudt_report.mismatched, nudt_report.empty_masks) == ([], [], [])
    assert nudt_report.splits == {"official": {"train": 663, "test": 664}}
    official = real_data("nudt").splits()["official"]
    assert len({*official["train"], *official["test"]}) == 1327
    assert nudt_report.duplicates == []


def test_near_duplicates_are_as_many_as_the_audit_of_2026_counts(nudt_report, irstd1k_report):
    assert len(nudt_report.near_duplicates) == 27
    assert len(irstd1k_report.near_duplicates) == 4


def test_sirst2_has_1024_images_of_which_510_have_no_target_and_648_targets(sirst2_report):
    assert sirst2_report.healthy
    assert (sirst2_report.images, len(sirst2_report.empty_masks), sirst2_report.targets) == (1024, 510, 648)
    assert sirst2_report.duplicates == []


def test_sirst2_has_the_splits_of_its_repository(real_data, sirst2_report):
    assert sirst2_report.splits == {
        "official": {"train": 512, "val": 256, "test": 256, "trainval": 768},
        "v1": {"train": 256, "val": 85, "test": 86, "trainval": 341},
        "v1fullv2target": {"val": 103, "test": 103, "trainval": 411},
        "v2target": {"test": 87},
        "v2background": {"test": 510},
        "mini": {"trainval": 4, "test": 4},
    }
    splits = real_data("sirst2").splits()
    official, with_targets = splits["official"], splits["v1fullv2target"]
    assert len({*official["train"], *official["val"], *official["test"]}) == 1024
    assert set(official["train"]) | set(official["val"]) == set(official["trainval"])
    assert set(splits["v2background"]["test"]) == set(sirst2_report.empty_masks)
    assert not {*with_targets["trainval"], *with_targets["test"]} & set(sirst2_report.empty_masks)
    assert len(set(official["train"]) & set(sirst2_report.empty_masks)) == 255
    assert splits["v1"] == real_data("nuaa").splits()["official"]


def test_the_doctor_says_which_test_images_of_nuaa_are_trained_on_in_sirst2_and_the_other_way_round(sirst2_report):
    assert [warning for warning in sirst2_report.warnings if "nuaa" in warning] == [
        "88 of the 256 test images of sirst2 (official) are in trainval of nuaa (official): "
        "weights of the one set must not be scored on them",
        "67 of the 86 test images of nuaa (official) are in trainval of sirst2 (official): "
        "weights of the one set must not be scored on them",
    ]
    assert sirst2_report.compared_with == {"nuaa": "official"}


def test_the_5050_split_of_the_union_is_basicirstds_sirst3(real_data):
    union = Union([real_data(name) for name in ("nuaa", "irstd1k", "nudt")])
    splits = union.splits()
    lists = Path(os.environ["ISTDBENCH_MIRROR"], "github", BASICIRSTD.path("datasets/SIRST3/img_idx"))
    if not lists.is_dir():
        pytest.skip(f"no lists of SIRST3 in {lists.parent}")
    for part, images in (("train", 1676), ("test", 1079)):
        names = splits["5050"][part]
        assert len(names) == images
        assert sorted(name.partition("/")[2] for name in names) == sorted(read_list(lists / f"{part}_SIRST3.txt"))


def test_the_three_sets_share_no_image_and_each_can_be_left_out(real_data):
    union = Union([real_data(name) for name in ("nuaa", "irstd1k", "nudt")])
    splits = union.splits()
    assert union.dropped() == {}
    sizes = {split: (len(parts["trainval"]), len(parts["test"])) for split, parts in splits.items()}
    assert sizes == {
        "official": (341 + 800 + 663, 86 + 201 + 664),
        "5050": (1676, 1079),
        "v320": (224 + 800 + 663, 96 + 201 + 664),
        "without-nuaa": (800 + 663, 86),
        "without-irstd1k": (341 + 663, 201),
        "without-nudt": (341 + 800, 664),
    }


def test_what_sirst2_shares_with_nuaa_is_trained_on_in_no_union_that_tests_it(real_data):
    union = Union([real_data(name) for name in ("nuaa", "sirst2")])
    dropped, splits = union.dropped(), union.splits()
    assert {split: len(names) for split, names in dropped.items()} == {
        "official": 67 + 88,
        "without-nuaa": 320,
        "without-sirst2": 341,
    }
    assert {name.partition("/")[0] for name in dropped["without-nuaa"]} == {"sirst2"}
    assert (len(splits["without-nuaa"]["trainval"]), len(splits["without-nuaa"]["test"])) == (448, 86)


@pytest.mark.parametrize("name", ["nuaa", "irstd1k", "nudt", "sirst2"])
def test_every_file_is_as_published_and_fetching_again_changes_nothing(real_data, name):
    data = real_data(name)
    assert sources.altered(name, data.manifest) == []
    assert not [path for path in data.manifest.hashes if not (data.folder / path).is_file()]
    assert data.largest_file == max((data.folder / path).stat().st_size for path in data.manifest.hashes)


def test_images_of_every_mode_load_as_gray_with_their_masks(real_data):
    data = real_data("nuaa")
    for name in data.names("official", "val"):
        sample = data.load(name)
        assert sample.image.shape == sample.mask.shape
        assert sample.image.dtype == np.float32
        assert 0 <= sample.image.min() < sample.image.max() <= 255
        assert sample.mask.any()


@pytest.mark.parametrize("name", ["nuaa", "irstd1k", "nudt", "sirst2"])
def test_the_typical_side_is_that_of_the_training_images(real_data, name):
    data = real_data(name)
    part = "trainval" if name in ("nuaa", "sirst2") else "train"
    sizes = [Image.open(data.paths(image)[0]).size for image in data.names("official", part)]
    assert data.typical_side == round(np.median(np.sqrt(np.prod(sizes, axis=1))))


@pytest.mark.parametrize("name", ["nuaa", "irstd1k", "nudt", "sirst2"])
def test_digests_that_come_with_the_package_are_those_of_the_images(real_data, name):
    data = real_data(name)
    names = sorted(data.all_names())
    for each in names[:: len(names) // 12]:
        assert data.digest(each) == image_digest(data.load(each).image)
    assert len({data.digest(each) for each in names}) == len(names)
