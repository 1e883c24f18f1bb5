"""`istdbench compare` and `istdbench verify`, as their user calls them."""

import json
from dataclasses import replace

import pytest

from istdbench.scoring.image_counts import Counts


@pytest.fixture
def recorded(istdbench, spots):
    """Records of two classical methods on three images."""
    istdbench(f"run --methods tophat,mpcm --dataset folder:{spots} --probes none")
    return spots


def records(tmp_path):
    return {path.name.split("-")[0]: path for path in (tmp_path / "leaderboards" / "records").rglob("*.json")}


def test_compare_prints_each_metric_with_its_interval_and_says_it_in_words(istdbench, recorded):
    text = istdbench("compare tophat mpcm").stdout
    assert "A: tophat, B: mpcm" in text and "3 images" in text
    assert "nIoU ↑" in text and "nIoU: no difference shown on 3 images" in text
    assert "would be needed" in text and "permutation test" in text


def test_compare_gives_the_same_as_json(istdbench, recorded):
    found = json.loads(istdbench("compare tophat mpcm --json").stdout)
    assert "tophat" in found["a"] and "mpcm" in found["b"]
    assert found["metrics"]["Pd"]["images"] == 3
    assert found["metrics"]["IoU"]["difference"] == (
        found["metrics"]["IoU"]["first"] - found["metrics"]["IoU"]["second"]
    )


def test_compare_refuses_records_of_other_data(istdbench, recorded):
    istdbench("run --methods tophat --dataset synth:n=2 --probes none")
    result = istdbench("compare synth mpcm", code=2)
    assert "cannot be compared; they differ in data set" in result.stderr


def test_compare_lists_what_a_name_could_mean(istdbench, recorded):
    assert "means 2 records" in istdbench("compare seed0 mpcm", code=2).stderr
    assert "no record 'nothing'" in istdbench("compare nothing mpcm", code=2).stderr


def test_verify_makes_the_number_again(istdbench, recorded, tmp_path):
    for name in ("tophat", str(records(tmp_path)["tophat"])):
        assert "every count of all 3 images is the same, bit for bit" in istdbench(f"verify {name}").stdout


def test_verify_names_the_metrics_and_images_that_differ_and_fails(istdbench, recorded, monkeypatch):
    def take(counts, sample, maps, counted=Counts.take):
        counted(counts, sample, maps)
        if sample.name == "b":
            counts.by_name["b"] = replace(counts.by_name["b"], false_positive=40)

    monkeypatch.setattr(Counts, "take", take)
    result = istdbench("verify tophat", code=1)
    assert "NOT reproduced" in result.stdout and "1 of 3 images differ" in result.stdout
    assert "  IoU: 1 recorded, " in result.stdout and "  b: false_positive 0 -> 40" in result.stdout
    found = json.loads(istdbench("verify tophat --json", code=1).stdout)
    assert not found["reproduced"] and list(found["images"]) == ["b"] and "nIoU" in found["metrics"]


def test_verify_refuses_a_record_whose_value_was_changed(istdbench, recorded, tmp_path):
    path = records(tmp_path)["tophat"]
    data = json.loads(path.read_text())
    data["metrics"]["values"]["nIoU"] = 0.999
    path.write_text(json.dumps(data))
    assert "changed since it was written: nIoU" in istdbench("verify tophat", code=1).stderr


def test_verify_refuses_an_image_that_was_changed(istdbench, recorded):
    (recorded / "images" / "b.png").write_bytes((recorded / "images" / "a.png").read_bytes())
    assert "other files than when this was recorded" in istdbench("verify tophat", code=1).stderr


def test_verify_names_data_that_are_missing(istdbench, recorded):
    recorded.rename(recorded.with_name("away"))
    assert "spots/images" in istdbench("verify tophat", code=1).stderr


def test_best_on_test_is_a_labelled_column_only_where_it_was_asked_for(istdbench, recorded, tmp_path):
    [board] = (tmp_path / "leaderboards").glob("*.md")
    assert "not comparable" not in board.read_text()
    istdbench(f"run --methods tophat --dataset folder:{recorded} --probes none --best-on-test")
    assert "IoU at the best threshold on test (not comparable)" in board.read_text()
