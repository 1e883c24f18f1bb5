"""`istdbench curves` and `istdbench limits`, as their user calls them."""

import csv
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from istdbench.results.limit_record import LIMITS, load_limits


@pytest.fixture
def maps(spots, tmp_path):
    """Perfect score maps of the three images but for a false blob of 0.6 on image b, of the target's size."""
    folder = tmp_path / "maps"
    folder.mkdir()
    for path in (spots / "masks").iterdir():
        score = 0.9 * (np.asarray(Image.open(path)) / 255)
        if path.stem == "b":
            score[30:33, 5:8] = 0.6
        np.save(folder / f"{path.stem}.npy", score)
    return folder


def test_curves_of_a_folder_of_maps_as_json(istdbench, spots, maps):
    found = json.loads(istdbench(f"curves maps --dataset folder:{spots} --json").stdout)
    values = {row["name"]: row["value"] for row in found["values"]}
    assert values == {"Pd-Fa AUC": 1, "ROC AUC": 1, "AP": 1, "best IoU": 1}  # 0.6 as the threshold leaves no false blob
    [bin_of_targets] = [row for row in found["by_size"] if row["targets"]]
    assert bin_of_targets["size"] == "1–9" and bin_of_targets["hits"] == 3 and bin_of_targets["false_alarms"] == 1
    assert [row["Pd"] for row in found["by_in_image"]] == [None, 1, None]


def test_curves_are_printed_with_their_definitions_and_written_as_tables(istdbench, spots, maps, tmp_path):
    result = istdbench(f"curves maps --dataset folder:{spots} --csv tables")
    assert "3 images" in result.stdout and "Pd-Fa AUC" in result.stdout and "Local SCR" in result.stdout
    names = {path.name for path in (tmp_path / "tables").iterdir()}
    assert names == {
        f"{name}.csv" for name in ("values", "pd_fa", "roc", "precision_recall", "by_size", "by_scr", "by_in_image")
    }
    with (tmp_path / "tables" / "pd_fa.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    assert (last["threshold"], last["detected"], last["Pd"], last["Fa"]) == ("0.6", "3", "1.0", "0.0")


def test_curves_of_a_record_are_those_of_its_maps(istdbench, spots, tmp_path):
    istdbench(f"run --methods tophat --dataset folder:{spots} --probes none --maps kept")
    [record] = (tmp_path / "leaderboards" / "records").rglob("*.json")
    [folder] = {path.parent for path in (tmp_path / "kept").rglob("*.npy")}
    of_record = json.loads(istdbench(f"curves {record} --json").stdout)
    assert of_record == json.loads(istdbench(f"curves {folder} --dataset folder:{spots} --json").stdout)


def test_breakdowns_of_a_record_are_at_the_threshold_of_its_protocol_and_say_so(istdbench, spots, maps):
    istdbench(f"score maps --dataset folder:{spots} --name mynet --protocol native:scoring.threshold=0.7")
    for source, threshold, false_alarms in ((f"maps --dataset folder:{spots}", 0.5, 1), ("mynet", 0.7, 0)):
        rows = json.loads(istdbench(f"curves {source} --json").stdout)["by_size"]
        assert {row["threshold"] for row in rows} == {threshold}
        assert sum(row["false_alarms"] for row in rows) == false_alarms
        assert f"Where a score is greater than {threshold}:" in istdbench(f"curves {source}").stdout


def test_options_of_records_are_refused_with_a_folder(istdbench, spots, maps):
    assert "go with a record" in istdbench(f"curves maps --dataset folder:{spots} --maps kept", code=2).stderr


def test_limits_are_printed_given_as_json_and_drawn(istdbench, tmp_path):
    line = "limits --methods tophat --dataset synth:n=4,size=64 --scr 0.1,30 --sigma 1.5 --fa 1e-4"
    points = json.loads(istdbench(f"{line} --plot limits.svg --json").stdout)
    assert [(point["method"], point["scr"], point["sigma"]) for point in points] == [
        ("tophat", 0.1, 1.5),
        ("tophat", 30, 1.5),
    ]
    assert points[0]["detected"] < points[1]["detected"] == points[1]["targets"]
    words = "".join(ElementTree.parse(tmp_path / "limits.svg").getroot().itertext())
    assert "Pd at Fa 0.0001" in words and "tophat" in words
    table = istdbench(line).stdout
    assert all(f"{point['detected'] / point['targets']:.3f}" in table for point in points)


def test_limits_are_kept_as_a_record_with_what_they_depend_on(istdbench, tmp_path):
    line = "limits --methods tophat --dataset synth:n=4,size=64 --scr 30 --sigma 1.5 --fa 1e-4"
    points = json.loads(istdbench(f"{line} --out kept --json").stdout)
    [record] = load_limits(tmp_path / "kept")
    assert json.loads(record.to_json())["points"] == points
    assert (record.method, record.dataset, record.fa) == ("tophat", "synth:n=4,size=64", 1e-4)
    assert record.options["threshold"] and record.protocol.hash and record.provenance.command
    path = tmp_path / "kept" / LIMITS / record.file
    path.rename(path.with_name("another.json"))
    with pytest.warns(UserWarning, match=f"belongs in {record.file}"):
        assert load_limits(tmp_path / "kept") == []


def test_limits_refuse_what_is_no_number_and_a_plot_of_another_kind(istdbench):
    assert "--scr 'high'" in istdbench("limits --methods tophat --scr high", code=2).stderr
    assert "ends in .png or .svg" in istdbench("limits --methods tophat --plot limits.pdf", code=2).stderr


@pytest.mark.parametrize("fa", ["nan", "inf", "-1", "2"])
def test_limits_refuse_a_false_alarm_rate_that_is_no_fraction(istdbench, fa):
    line = f"limits --methods tophat --dataset synth:n=3,size=64 --scr 4 --sigma 1 --fa={fa}"
    assert "a fraction of all pixels" in istdbench(line, code=2).stderr
