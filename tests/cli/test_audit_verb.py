"""`istdbench audit`, as its user calls it: on a folder of maps and on a record."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

VARIANTS = {
    "reference",
    "basicirstd",
    "dnanet",
    "mshnet",
    "rpcanet",
    "rpcanet_overlap",
    "rdian",
    "uiunet",
    "acm",
    "agpcnet",
    "pyirstdmetrics",
    "pyirstdmetrics_shooting",
}


@pytest.fixture
def maps(spots, tmp_path):
    """Perfect score maps of the three images but for one false blob as large as its target, on image b."""
    folder = tmp_path / "maps"
    folder.mkdir()
    for path in (spots / "masks").iterdir():
        score = np.asarray(Image.open(path)) / 255
        if path.stem == "b":
            score[30:33, 5:8] = 0.9
        np.save(folder / f"{path.stem}.npy", score)
    return folder


@pytest.fixture
def record(istdbench, spots, tmp_path):
    """The record of Top-Hat on the three images."""
    istdbench(f"run --methods tophat --dataset folder:{spots} --probes none --maps kept")
    [path] = (tmp_path / "leaderboards" / "records").rglob("*.json")
    return path


def rows_of(result):
    return {row["name"]: row for row in json.loads(result.stdout)["variants"]}


def test_a_folder_of_maps_is_scored_by_every_variant(istdbench, spots, maps):
    rows = rows_of(istdbench(f"audit maps --dataset folder:{spots} --json"))
    assert set(rows) == VARIANTS
    score = json.loads(istdbench(f"score maps --dataset folder:{spots} --json").stdout)
    assert rows["reference"]["values"] == {name: score[name] for name in rows["reference"]["values"]}
    assert rows["reference"]["values"]["Fa"] == 9 / (3 * 40 * 48)
    assert rows["dnanet"]["restates"].endswith("model/metric.py at 21584be")


def test_the_report_has_the_table_the_reasons_and_the_images(istdbench, spots, maps, tmp_path):
    result = istdbench(f"audit maps --dataset folder:{spots} --out audit.md")
    assert "report: audit.md" in result.stderr
    text = (tmp_path / "audit.md").read_text()
    lines = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    assert set(lines) - {"variant"} == VARIANTS
    rdian = text.split("**rdian**")[1].split("**uiunet**")[0]
    assert "Moved most by grid: stretched to 512 x 512" in rdian and "b (" in rdian
    assert "basicirstd** (XinyiYing/BasicIRSTD metrics.py at 95650c3). as the reference" in text
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_without_a_file_the_report_is_printed(istdbench, spots, maps):
    printed = istdbench(f"audit maps --dataset folder:{spots}").stdout
    assert "pyirstdmetrics_shooting" in printed and "What moved the numbers" in printed


def test_a_record_predicts_again_to_its_own_numbers(istdbench, record):
    values = json.loads(record.read_text())["metrics"]["values"]
    rows = rows_of(istdbench(f"audit {record} --json"))
    assert rows["reference"]["values"] == {name: values[name] for name in rows["reference"]["values"]}


def test_kept_maps_of_a_record_are_read_changed_ones_refused_and_missing_ones_made(istdbench, record, tmp_path):
    honest = istdbench(f"audit {record} --maps kept --json").stdout
    [path] = (tmp_path / "kept").rglob("b.npy")
    np.save(path, np.zeros((40, 48), np.float32))
    assert "1 of 3 score maps are not as the run wrote them: b" in istdbench(f"audit {record} --maps kept", 1).stderr
    path.unlink()
    assert istdbench(f"audit {record} --maps kept --json").stdout == honest
    assert path.is_file()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("audit maps", "needs --dataset"),
        ("audit maps --dataset folder:spots --maps kept", "go with a record"),
        ("audit RECORD --dataset synth", "leave --dataset out"),
        ("audit RECORD --split other", "leave --split out"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(istdbench, spots, maps, record, line, message):
    assert message in istdbench(line.replace("RECORD", str(record)), code=2).stderr


def test_a_record_of_other_files_is_refused(istdbench, spots, record):
    shutil.copy(spots / "images" / "a.png", spots / "images" / "b.png")
    assert "other files than when this was recorded" in istdbench(f"audit {record}", code=1).stderr


def test_a_file_that_is_no_record_is_named(istdbench, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    assert "x.json: not a record" in istdbench("audit x.json", code=1).stderr
    assert "no record 'y.json'" in istdbench("audit y.json", code=2).stderr


def test_a_grey_mask_is_refused_before_anything_is_scored(istdbench, spots, maps):
    """Core 255 in a ring of 146: released code gives 0.22 or 0.36 for a perfect map, and 1 once it is made binary."""
    levels = np.asarray(Image.open(spots / "masks" / "c.png")).copy()
    levels[11:16, 19:24] = np.maximum(levels[11:16, 19:24], 146)
    Image.fromarray(levels).save(spots / "masks" / "c.png")
    error = istdbench(f"audit maps --dataset folder:{spots}", code=1).stderr
    assert "c.png" in error and "146" in error
    np.save(maps / "c.npy", (levels > 127).astype(float))
    declared = f"audit maps --dataset folder:{spots},grey_masks=true --json"
    assert rows_of(istdbench(declared))["reference"]["values"]["Pd"] == 1
