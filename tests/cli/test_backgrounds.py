"""False alarms on images without a target, from score maps to every table that shows them."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from prediction_files import write_predictions

ALARMED = "Alarmed backgrounds ↓"
HOURLY = "Alarms per hour at 25 Hz ×10³ ↓"


@pytest.fixture
def mixed(spots):
    """Three images with a target and four without."""
    noise = np.random.default_rng(9).normal(60, 3, (4, 40, 48))
    for name, image in zip("wxyz", noise, strict=True):
        Image.fromarray(image.astype(np.uint8)).save(spots / "images" / f"{name}.png")
        Image.fromarray(np.zeros((40, 48), np.uint8)).save(spots / "masks" / f"{name}.png")
    return spots


@pytest.fixture
def maps(mixed, tmp_path):
    """Every target, a false region beside one, two on one background and one on another."""
    masks = {path.stem: np.asarray(Image.open(path)) > 0 for path in sorted((mixed / "masks").iterdir())}
    for name, places in {"a": [30], "w": [5, 25], "y": [12]}.items():
        for place in places:
            masks[name][place : place + 2, 4:6] = True
    return write_predictions(tmp_path / "maps", masks)


@pytest.fixture
def recorded(istdbench, mixed, maps):
    for name in ("mynet", "other"):
        istdbench(f"score maps --dataset folder:{mixed} --name {name}")
        (maps / "y.png").unlink()  # the second has an alarm less
        Image.fromarray(np.zeros((40, 48), np.uint8)).save(maps / "y.png")


def test_score_prints_them_with_intervals_and_at_the_rate_that_is_asked_for(istdbench, mixed, maps):
    shown = istdbench(f"score maps --dataset folder:{mixed}").stdout
    assert re.search(r"False regions per background +0\.7500 +\[", shown)
    assert re.search(r"Alarmed backgrounds +0\.5000 +\[0\.1500, 0\.8500\]", shown)
    assert re.search(r"Alarms per hour at 25 Hz 1e3 +67\.5000 +\[", shown)
    faster = json.loads(istdbench(f"score maps --dataset folder:{mixed} --frame-rate 50 --json").stdout)
    assert faster["alarms_per_hour_at_50_Hz"] == 0.75 * 3600 * 50 and "alarms_per_hour_at_25_Hz" not in faster
    assert faster["false_regions"] == 0.75 and faster["alarmed_backgrounds"] == 0.5


def test_a_data_set_without_backgrounds_shows_and_keeps_nothing_of_them(istdbench, spots, tmp_path):
    masks = {path.stem: np.asarray(Image.open(path)) > 0 for path in sorted((spots / "masks").iterdir())}
    write_predictions(tmp_path / "maps", masks)
    line = f"score maps --dataset folder:{spots}"
    assert "larms" not in istdbench(line).stdout
    assert "false_regions" not in json.loads(istdbench(f"{line} --json").stdout)
    istdbench(f"{line} --name mynet")
    [record] = (tmp_path / "leaderboards" / "records").rglob("*.json")
    assert not any(name.startswith(("false_r", "al")) for name in json.loads(record.read_text())["metrics"]["values"])
    [page] = [page for page in (tmp_path / "leaderboards").glob("*.md") if page.name != "efficiency.md"]
    assert "larms" not in page.read_text() and "without a target" not in page.read_text()
    assert "larms" not in istdbench("leaderboard --format md").stdout


def test_leaderboards_show_them_and_say_of_how_many_images(istdbench, recorded, tmp_path):
    [page] = [page for page in (tmp_path / "leaderboards").glob("*.md") if page.name != "efficiency.md"]
    text = page.read_text()
    assert "7 images, metric version 1, 4 images without a target" in text
    assert all(heading in text for heading in ("False regions per background ↓", ALARMED, HOURLY))
    assert "are of the images without a target alone" in text and "times 3600 times the frame rate" in text
    [table] = json.loads(istdbench("leaderboard --json").stdout)
    assert table["backgrounds"] == 4
    by_method = {row["method"]: row for row in table["rows"]}
    assert [by_method[name]["false_regions"] for name in ("mynet", "other")] == [0.75, 0.5]
    assert by_method["mynet"]["alarmed_backgrounds_low"] == pytest.approx(0.15, abs=1e-3)


def test_another_camera_has_another_column_and_kept_leaderboards_keep_their_rate(istdbench, recorded):
    [table] = json.loads(istdbench("leaderboard --json --frame-rate 50").stdout)
    row = table["rows"][0]
    assert row["alarms_per_hour_at_50_Hz"] == row["false_regions"] * 3600 * 50
    assert row["alarms_per_hour_at_50_Hz_high"] == pytest.approx(row["false_regions_high"] * 3600 * 50)
    assert not any("25_Hz" in name for name in row)
    assert "kept are at 25 Hz" in istdbench("leaderboard --frame-rate 50", code=2).stderr
    assert "name the frames a second" in istdbench("leaderboard --json --frame-rate 0", code=2).stderr


def test_two_methods_are_compared_by_them(istdbench, recorded):
    shown = istdbench("compare mynet other --frame-rate 10").stdout
    assert "7 images, 4 of them without a target" in shown
    assert "Alarms per hour at 10 Hz: no difference shown" in shown
    found = json.loads(istdbench("compare mynet other --json").stdout)["metrics"]
    assert found["false_regions"]["difference"] == 0.25
    assert found["alarmed_backgrounds"]["first"] == 0.5


def test_the_report_and_the_curves_have_them(istdbench, recorded, mixed, tmp_path):
    istdbench("report --records-only")
    assert "Alarmed backgrounds" in (tmp_path / "report.html").read_text()
    [_, last] = json.loads(istdbench(f"curves maps --dataset folder:{mixed} --json").stdout)["pd_fa"]
    assert (last["Pd"], last["false_regions"], last["alarmed_backgrounds"]) == (1, 0.5, 0.25)


def test_a_record_whose_alarms_are_not_those_of_its_table_is_found_out(istdbench, recorded, tmp_path):
    record = next((tmp_path / "leaderboards" / "records").rglob("mynet*.json"))
    record.write_text(record.read_text().replace('"false_regions": 0.75', '"false_regions": 0.5'))
    assert "false_regions" in istdbench("leaderboard --check", code=1).stderr
