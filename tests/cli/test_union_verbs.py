"""Verbs on several data sets as one: train without one of them, score, and see each of them in the leaderboard."""

import json
from dataclasses import replace

import numpy as np
import pytest
from tiny_training import Spots, register_tiny, tiny_protocol_file

from istdbench.results.store import Store


class Dots(Spots):
    """Other images than those of `Spots`, but for one to train on."""

    def load(self, name):
        sample = super().load(name)
        if name == "train0":
            return sample
        return replace(sample, image=np.ascontiguousarray(sample.image[::-1]), mask=sample.mask[::-1].copy())


@pytest.fixture
def line(monkeypatch, tmp_path):
    register_tiny(monkeypatch, dots=Dots(name="dots", fingerprint="dots-1"))
    monkeypatch.chdir(tmp_path)
    return f"--dataset spots+dots --protocol {tiny_protocol_file(tmp_path)} --out out --probes none"


def test_a_method_is_trained_on_all_but_one_data_set_and_scored_on_that(istdbench, tmp_path, line):
    istdbench(f"run --methods tiny {line} --set data.split=without-spots --train")
    [record] = Store(tmp_path / "out/records").load_all()
    assert (record.dataset.name, record.dataset.split, record.dataset.images) == ("spots+dots", "without-spots", 3)
    assert record.weights.training["images"] == 5  # of six, one shows an image of the set that is left out
    assert list(Store(tmp_path / "out/records").per_image(record)["name"]) == [f"spots/test{i}" for i in range(3)]
    assert "split without-spots" in (tmp_path / "out/spots+dots.md").read_text()


def test_weights_of_a_union_are_refused_on_images_that_they_saw_in_it_and_taken_by_its_name(istdbench, line):
    istdbench(f"run --methods tiny {line} --train")
    seen = istdbench(
        f"run --methods tiny {line.replace('spots+dots', 'spots')} --set data.test=train "
        "--set data.train=val --weights spots+dots --weights-of-another-protocol",
        code=1,
    )
    assert "were trained on 6 of the 6 images" in seen.stderr


def test_each_data_set_has_its_rows_beside_the_unions(istdbench, tmp_path, line):
    istdbench(f"run --methods tophat {line}")
    istdbench(f"run --methods tophat {line.replace('spots+dots', 'dots')}")
    page, alone = ((tmp_path / f"out/{name}.md").read_text() for name in ("spots+dots", "dots"))
    [row] = [text for text in page.partition("## dots of spots+dots")[2].splitlines() if text.startswith("| tophat")]
    [same] = [text for text in alone.splitlines() if text.startswith("| tophat")]
    assert row.split("|")[2:12] == same.split("|")[2:12]


def test_the_doctor_names_what_is_dropped(istdbench, line):
    report = json.loads(istdbench("data check spots+dots --json").stdout)
    assert report["dropped"] == {"without-spots": ["dots/train0"], "without-dots": ["spots/train0"]}
    assert report["splits"]["official"] == {"train": 12, "val": 4, "trainval": 12, "test": 6}
