"""`istdbench score`: values of predictions, and their record, which every other verb takes."""

import json
import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from prediction_files import SCALES, write_predictions

import istdbench as library
from istdbench.errors import UsageError

NOTE = "Scored from predictions, not run here"


@pytest.fixture
def masks(spots):
    return {path.stem: np.asarray(Image.open(path)) > 0 for path in sorted((spots / "masks").iterdir())}


@pytest.fixture
def maps(masks, tmp_path):
    """Scores 200 of 255 on every target, and one false blob."""
    folder = write_predictions(tmp_path / "maps", masks, made=lambda mask: mask * np.uint8(200), suffix="_pred")
    blob = masks["b"] * np.uint8(200)
    blob[30:33, 5:8] = 255
    Image.fromarray(blob).save(folder / "b_pred.png")
    return folder


@pytest.fixture
def recorded(istdbench, spots, maps, tmp_path):
    """The path of the record that `score --name` makes."""
    istdbench(
        f"score maps --dataset folder:{spots} --name mynet --params 1.2M --gmacs 3.4 --url https://example.org/mynet"
    )
    [path] = (tmp_path / "leaderboards" / "records").rglob("*.json")
    return path


@pytest.mark.parametrize("verb", ["score", "curves", "audit"])
@pytest.mark.parametrize("kind", SCALES)
def test_every_verb_refuses_another_scale_and_takes_the_one_that_is_named(
    istdbench, spots, masks, tmp_path, verb, kind
):
    ending, made, scale = SCALES[kind]
    write_predictions(tmp_path / "maps", masks, ending, made)
    line = f"{verb} maps --dataset folder:{spots}"
    assert f"--scale {scale:g}" in istdbench(line, code=1).stderr
    shown = istdbench(f"{line} --scale {scale} --json").stdout
    perfect = {"score": '"IoU": 1.0', "curves": '"name": "best IoU",\n      "value": 1.0', "audit": '"IoU": 1.0'}
    assert perfect[verb] in shown


@pytest.mark.parametrize("verb", ["score", "curves", "audit"])
def test_every_verb_stretches_maps_where_that_is_said(istdbench, spots, masks, tmp_path, verb):
    write_predictions(tmp_path / "maps", masks, made=lambda mask: np.kron(mask, np.ones((2, 3))).astype(np.uint8) * 255)
    line = f"{verb} maps --dataset folder:{spots}"
    assert "--resize nearest" in istdbench(line, code=1).stderr
    assert "1.0" in istdbench(f"{line} --resize nearest --json").stdout


def test_values_are_printed_with_their_intervals(istdbench, spots, maps):
    lines = istdbench(f"score maps --dataset folder:{spots}").stdout.splitlines()
    assert lines[1].split("  ")[-1].strip() == "95 % interval"
    [pd] = [line for line in lines if line.startswith("Pd")]
    assert "1.0000" in pd and "[0.4385, 1.0000]" in pd  # Wilson, three of three


def test_a_prediction_of_nothing_is_scored_and_said_where_it_is_meant(istdbench, spots, masks, tmp_path):
    write_predictions(tmp_path / "maps", masks, made=lambda mask: np.zeros(mask.shape, np.uint8))
    result = istdbench(f"score maps --dataset folder:{spots} --scale 255 --json")
    assert json.loads(result.stdout)["IoU"] == 0
    assert "warning: no score is greater than 0.5 on any of 3 images" in result.stderr


def test_inverted_maps_are_warned_of(istdbench, spots, masks, tmp_path):
    write_predictions(tmp_path / "maps", masks, made=lambda mask: ~mask * np.uint8(255))
    assert "are the maps inverted?" in istdbench(f"score maps --dataset folder:{spots} --json").stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--threshold 128", "at least 0 and less than 1"),
        ("--threshold nan", "at least 0 and less than 1"),
        ("--threshold inf", "at least 0 and less than 1"),
        ("--threshold=-1", "at least 0 and less than 1"),
        ("--threshold 2", "at least 0 and less than 1"),
        ("--scale 0", "a level above 0"),
        ("--resize cubic", "'nearest', 'bilinear'"),
        ("--params 1M", "--params goes with --name"),
        ("--protocol native", "--protocol goes with --name"),
        ("--name mynet --threshold 0.4", "--threshold is the protocol's"),
        ("--name mynet --split other", "--split is the protocol's"),
        ("--name mynet --params many", "--params 'many': a number is needed"),
        ("--name mynet --gmacs=-1", "a number of at least 0"),
        ("--name tophat", "a method of this name is registered"),
        ("--name mim_istd:inner=all", "a method of this name is registered"),
    ],
)
def test_options_that_mean_nothing_are_refused(istdbench, spots, maps, tmp_path, options, said):
    assert said in istdbench(f"score maps --dataset folder:{spots} {options}", code=2).stderr
    assert not (tmp_path / "leaderboards").exists()


def test_the_record_has_what_the_maps_give_and_what_was_stated(istdbench, spots, maps, recorded):
    record = json.loads(recorded.read_text())
    values = json.loads(istdbench(f"score maps --dataset folder:{spots} --json").stdout)
    assert record["metrics"]["values"] == values
    assert record["method"] == {
        "kind": "predictions",
        "name": "mynet",
        "options": {},
        "paper": "https://example.org/mynet",
    }
    assert record["predictions"]["folder"] == "maps" and record["weights"] is None
    assert record["probes"] == {"parameters": {"parameters": 1_200_000}, "flops": {"gmacs": 3.4}}


def test_the_row_is_marked_in_the_table_and_the_leaderboard(istdbench, spots, maps, tmp_path):
    result = istdbench(f"score maps --dataset folder:{spots} --name mynet --params 1.2M")
    assert "mynet [1]" in result.stdout and f"[1] {NOTE}; parameters as stated" in result.stdout
    [page] = (tmp_path / "leaderboards").glob("*.md")
    assert "| mynet[^1]" in page.read_text() and f"[^1]: {NOTE}" in page.read_text()


def test_how_maps_were_stretched_stands_in_the_note(istdbench, spots, masks, tmp_path):
    write_predictions(tmp_path / "maps", masks, made=lambda mask: np.kron(mask, np.ones((2, 2))).astype(np.uint8) * 255)
    shown = istdbench(f"score maps --dataset folder:{spots} --name mynet --resize nearest").stdout
    assert "stretched to it (nearest)" in " ".join(shown.split())


def test_maps_that_fit_are_not_said_to_be_stretched_and_are_the_same_record(istdbench, spots, recorded):
    shown = istdbench(f"score maps --dataset folder:{spots} --name mynet --resize nearest").stdout
    assert NOTE in shown and "stretched" not in shown
    assert [recorded] == list(recorded.parent.glob("*.json"))


def test_leaderboard_verify_compare_curves_and_audit_take_the_record(istdbench, spots, recorded, tmp_path):
    istdbench(f"run --methods tophat --dataset folder:{spots} --probes none")
    istdbench("leaderboard --check --rescore")
    assert "bit for bit" in istdbench("verify mynet").stdout
    marked = {"": ("A[^1]", "[^1]: "), "md": ("A[^1]", "[^1]: "), "latex": ("A$^{1}$", "$^{1}$ ")}
    for form, (heading, mark) in marked.items():
        compared = istdbench(f"compare mynet tophat{f' --format {form}' if form else ''}").stdout
        assert heading in compared and f"{mark}{NOTE}" in compared and heading.replace("A", "B") not in compared
    values = json.loads(recorded.read_text())["metrics"]["values"]
    [reference] = [
        v for v in json.loads(istdbench("audit mynet --json").stdout)["variants"] if v["name"] == "reference"
    ]
    assert reference["values"] == {name: values[name] for name in reference["values"]}
    istdbench("curves mynet --plot curves.svg")
    assert "mynet" in "".join(ElementTree.parse(tmp_path / "curves.svg").getroot().itertext())


def test_the_report_shows_images_and_the_note(istdbench, recorded, tmp_path):
    istdbench("report mynet --page page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<article") == 3 and NOTE in page and "No curves and pictures" not in page
    assert "as recorded on 3 of 3 images" in page


def test_maps_that_moved_are_found_by_their_hash_and_others_are_not_taken(istdbench, spots, masks, recorded, tmp_path):
    shutil.move(tmp_path / "maps", tmp_path / "away" / "maps")
    error = istdbench("verify mynet", code=1).stderr
    assert "are not at hand" in error and "--maps" in error
    assert "skipped" in istdbench("leaderboard --check --rescore").stdout
    for folder in ("away", "away/maps"):
        assert "bit for bit" in istdbench(f"verify mynet --maps {folder}").stdout
        assert istdbench(f"curves mynet --maps {folder}").stdout
    write_predictions(tmp_path / "maps", masks)
    assert "are not at hand" in istdbench("audit mynet", code=1).stderr
    istdbench("report mynet --maps away/maps --page page.html")
    assert (tmp_path / "page.html").read_text().count("<article") == 3


def test_a_plot_of_another_kind_is_refused_before_anything_is_read(istdbench, spots, maps):
    assert "ends in .png or .svg" in istdbench(f"curves maps --dataset folder:{spots} --plot x.pdf", code=2).stderr


def test_scale_and_resize_are_refused_with_a_record(istdbench, recorded):
    assert "leave --scale and --resize out" in istdbench("curves mynet --scale 255", code=2).stderr


def test_other_maps_of_one_name_need_another_seed(istdbench, spots, masks, recorded, tmp_path):
    line = f"score maps --dataset folder:{spots} --name mynet"
    istdbench(line)  # the same maps are the same record
    assert [recorded] == list((tmp_path / "leaderboards" / "records").rglob("*.json"))
    write_predictions(tmp_path / "maps", masks, suffix="_pred")
    assert "over other maps" in istdbench(line, code=2).stderr
    istdbench(f"{line} --seed 1")
    [page] = (tmp_path / "leaderboards").glob("*.md")
    assert " ± " in page.read_text().partition("| mynet")[2]  # one row of two seeds


def test_in_python_values_come_back_and_a_name_makes_the_record(spots, maps, recorded, tmp_path):
    data = f"folder:{spots}"
    values = library.score("maps", data)
    assert values == json.loads(recorded.read_text())["metrics"]["values"]
    named = library.score("maps", data, name="mynet", parameters=1.2e6, gmacs=3.4, out="again")
    [path] = (tmp_path / "again" / "records").rglob("*.json")
    assert named == values and path.name == recorded.name
    for wrong in ({"protocol": "native"}, {"name": "mynet", "threshold": 0.4}, {"threshold": 128}):
        with pytest.raises(UsageError):
            library.score("maps", data, **wrong)


def test_an_interval_that_rests_on_few_images_is_marked_with_what_was_measured(istdbench, spots, maps):
    shown = istdbench(f"score maps --dataset folder:{spots}").stdout
    [iou] = [line for line in shown.splitlines() if line.startswith("IoU")]
    [pd] = [line for line in shown.splitlines() if line.startswith("Pd")]
    assert iou.endswith("(few)") and not pd.endswith("(few)")
    caption = " ".join(shown.split())
    assert "fewer images carry it than it takes (IoU 100, nIoU 15, " in caption and "held the true value" in caption
