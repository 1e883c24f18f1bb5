"""Unions of data sets: names, splits, what is shared by content, leaving one out."""

import numpy as np
import pytest

from istdbench.datasets.dataset import Dataset, DatasetEntry, Sample
from istdbench.datasets.doctor import check
from istdbench.datasets.union import Union
from istdbench.errors import UsageError
from istdbench.jobs.job import make_job
from istdbench.registry import DATASETS, build_dataset
from istdbench.spec import parse_spec


class Small(Dataset):
    """Images whose content is their name without its last letter: `x1a` and `x1b` show the same."""

    def __init__(self, name, splits, terms="ask"):
        self.name, self._splits, self.terms = name, splits, terms
        self.reads = 0

    fingerprint = property(lambda self: self.name)

    def splits(self):
        return self._splits

    def load(self, name):
        self.reads += 1
        image = np.full((8, 8), float(sum(map(ord, name[:-1]))), np.float32)
        image[1, 1] = ord(name[0])
        mask = np.zeros((8, 8), bool)
        mask[1, 1] = True
        return Sample(name, image, mask)


def a():
    return Small(
        "a",
        {
            "official": {"train": ("u1a",), "val": ("u2a",), "test": ("u3a",), "trainval": ("u1a", "u2a")},
            "5050": {"train": ("u3a",), "test": ("u1a", "u2a")},
        },
    )


def b():
    return Small("b", {"official": {"train": ("v1a", "v2a"), "test": ("v3a",)}}, "cite")


def c():
    """Two of its images are those of a under other names: one that a trains on, and one that a tests."""
    return Small("c", {"official": {"train": ("w1a", "u1b", "u3b"), "test": ("w2a",)}})


def test_the_official_split_is_that_of_each_and_trainval_holds_what_each_trains_on():
    assert dict(Union([a(), b()]).splits()["official"]) == {
        "train": ("a/u1a", "b/v1a", "b/v2a"),
        "trainval": ("a/u1a", "a/u2a", "b/v1a", "b/v2a"),
        "test": ("a/u3a", "b/v3a"),
    }


def test_a_data_set_of_one_split_stands_with_it_under_every_name_of_the_others():
    splits = Union([a(), b()]).splits()
    assert list(splits) == ["official", "5050", "without-a", "without-b"]
    assert splits["5050"]["train"] == ("a/u3a", "b/v1a", "b/v2a")
    assert splits["5050"]["test"] == ("a/u1a", "a/u2a", "b/v3a")


def test_without_one_trains_on_the_others_and_tests_on_it():
    assert dict(Union([a(), b()]).splits()["without-b"]) == {
        "train": ("a/u1a",),
        "val": ("a/u2a",),
        "trainval": ("a/u1a", "a/u2a"),
        "test": ("b/v3a",),
    }


def test_what_shows_the_same_as_a_test_image_or_any_of_the_one_left_out_is_dropped_and_named():
    union = Union([a(), c()])
    splits = union.splits()
    assert splits["official"]["train"] == ("a/u1a", "c/w1a", "c/u1b")
    assert splits["without-a"]["train"] == ("c/w1a",)
    assert splits["without-c"]["train"] == ()
    assert union.dropped() == {
        "official": ("c/u3b",),
        "5050": ("c/u1b",),
        "without-a": ("c/u1b", "c/u3b"),
        "without-c": ("a/u1a",),
    }


def test_the_doctor_names_the_dropped_images_and_finds_no_test_image_in_training():
    report = check(Union([a(), c()]))
    assert report.healthy
    assert report.duplicates == []
    assert report.dropped["official"] == ["c/u3b"]
    assert "without-c/train has no image left: all show what is in its test data" in report.warnings


def test_the_doctor_counts_images_that_are_tested_twice():
    again = Small("d", {"official": {"train": ("v9a",), "test": ("u3b", "w7a")}})
    [said] = [text for text in check(Union([a(), again])).warnings if "same as another" in text]
    assert said.startswith("test images of official that show the same as another of them: 1 of 3; they count as often")
    assert not [text for text in check(Union([a(), b()])).warnings if "same as another" in text]


def test_an_image_is_read_from_its_data_set_under_its_prefixed_name():
    union = Union([a(), b()])
    sample = union.load("b/v1a")
    assert sample.name == "b/v1a"
    np.testing.assert_array_equal(sample.image, b().load("v1a").image)
    np.testing.assert_array_equal(union.sequence("b/v1a"), sample.image[None])
    assert union.digest("b/v1a") == b().digest("v1a")
    for name in ("v1a", "d/v1a"):
        with pytest.raises(UsageError, match=f"^a\\+b: no image '{name}'; names begin with that of a data set, as a/"):
            union.load(name)


def test_an_image_is_read_once_for_its_digest():
    parts = [a(), b()]
    union = Union(parts)
    for _ in range(3):
        dict(union.splits())
    assert [part.reads for part in parts] == [3, 3]


def test_name_terms_and_fingerprint_are_of_all():
    union = Union([a(), b()])
    assert (union.name, union.terms, union.default_protocol) == ("a+b", "a: ask b: cite", "native")
    assert len({union.fingerprint, Union([b(), a()]).fingerprint, Union([a(), c()]).fingerprint}) == 3


def test_what_cannot_be_joined_is_refused():
    with pytest.raises(UsageError, match="one is named twice"):
        Union([a(), a()])
    moving = b()
    moving.frames = 6
    with pytest.raises(UsageError, match="sequences of 1 and 6 frames"):
        Union([a(), moving])


@pytest.fixture
def registered(monkeypatch):
    for make in (a, b, c):
        monkeypatch.setitem(
            DATASETS._found, make.__name__, ("built-in", DatasetEntry(make.__name__, "", lambda _, make=make: make()))
        )


def test_a_union_is_typed_with_a_plus(registered):
    assert [part.name for part in build_dataset(parse_spec("a+c")).parts] == ["a", "c"]
    for text, told in (("a+nosuch", "unknown data set 'nosuch'"), ("a+b:n=3", "no option 'n'"), ("a+", "unknown")):
        with pytest.raises(UsageError, match=told):
            build_dataset(parse_spec(text))


def test_a_job_leaves_one_out_by_a_split_of_its_protocol(registered):
    job = make_job(parse_spec("tophat"), parse_spec("a+b+c"), "native", changes={"data.split": "without-a"})
    assert job.train_names == ("b/v1a", "b/v2a", "c/w1a")
    assert job.test_names == ("a/u3a",)
    assert job.dataset_slug == "a+b+c"
