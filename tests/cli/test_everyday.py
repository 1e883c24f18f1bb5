"""The command line's everyday side: version, help, completion, formats, and errors of one line."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from spot_files import write_spots
from test_start_up import HEAVY
from typer.testing import CliRunner

from istdbench.cli import app, console
from istdbench.cli.verbs import VERBS

COMPLETE = """
import sys
from istdbench.cli import app
from istdbench.plugins import manager
manager.entry_points = lambda group: []  # plugins that happen to be installed may import what they like
try:
    app(prog_name="istdbench")
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("module", ["istdbench", "istdbench.cli"])
def test_the_package_is_a_command_and_says_its_version(istdbench, module):
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"istdbench \d+\.\d+\.\d+\n", done.stdout)
    assert istdbench("--version").stdout == done.stdout


@pytest.mark.parametrize("verb", ["", *VERBS, "data fetch", "reproduce table1"])
def test_h_is_help(istdbench, verb):
    assert istdbench(f"{verb} -h").stdout == istdbench(f"{verb} --help").stdout


def completed(words: str) -> tuple[list[str], set[str]]:
    """What bash is offered for the last word, and the modules that were imported for it."""
    asked = {"_ISTDBENCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    done = subprocess.run(
        [sys.executable, "-c", COMPLETE], capture_output=True, text=True, env=os.environ | asked, check=False
    )
    *said, modules = done.stderr.splitlines()
    assert said == []
    return done.stdout.split(), set(modules.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("istdbench leader", ["leaderboard"]),
        ("istdbench data fe", ["fetch"]),
        ("istdbench run --methods mim", ["mim_istd"]),
        ("istdbench run --methods tophat:size=7,mim", ["tophat:size=7,mim_istd"]),
        ("istdbench run --methods tophat,toph", []),
        ("istdbench run --methods tophat --dataset nuaa,irs", ["nuaa,irstd1k"]),
        ("istdbench score maps --dataset sy", ["synth"]),
        ("istdbench data check nua", ["nuaa"]),
        ("istdbench run --protocol mim", ["mim2024"]),
        ("istdbench train to", []),
        ("istdbench train dna", ["dnanet"]),
        ("istdbench run --probes parameters,fl", ["parameters,flops"]),
        ("istdbench leaderboard --format la", ["latex"]),
        ("istdbench verify data/native/", ["data/native/tophat-seed0-0123"]),
        ("istdbench compare --out elsewhere other", ["other/native/mpcm-seed0-0123"]),
        ("istdbench audit --records elsewhere/records other", ["other/native/mpcm-seed0-0123"]),
        ("istdbench nosuch --methods mim", []),
        ("istdbench run --methods nosuch --dataset nua", ["nuaa"]),
    ],
)
def test_a_shell_completes_names_as_values_without_a_heavy_import(own_folders, words, offered):
    for path in (
        "leaderboards/records/data/native/tophat-seed0-0123",
        "elsewhere/records/other/native/mpcm-seed0-0123",
    ):
        file = own_folders / f"{path}.json"
        file.parent.mkdir(parents=True)
        file.write_text("{}")
    found, modules = completed(words)
    assert found == offered
    assert modules & HEAVY == set()


def test_a_shell_is_told_of_every_verb_on_one_line():
    asked = {
        "_ISTDBENCH_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_ARGS": "istdbench ",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, "-c", COMPLETE], capture_output=True, text=True, env=os.environ | asked, check=True
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == list(VERBS)


@pytest.fixture
def recorded(istdbench, spots):
    istdbench(f"run --methods tophat,mpcm --dataset folder:{spots} --probes none")


def test_a_leaderboard_is_printed_in_every_format_and_nothing_is_written(istdbench, recorded, own_folders):
    before = {path: path.read_bytes() for path in own_folders.rglob("*") if path.is_file()}
    frame = pd.read_csv(io.StringIO(istdbench("leaderboard --format csv").stdout))
    [table] = json.loads(istdbench("leaderboard --json").stdout)
    assert list(frame["method"]) == [row["method"] for row in table["rows"]]
    assert set(frame["method"]) == {"tophat", "mpcm"} and set(frame["images"]) == {3}
    assert "\\begin{table}" in istdbench("leaderboard --format latex").stdout
    [page] = [text.decode() for path, text in before.items() if path.suffix == ".md"]
    assert all(line in page for line in istdbench("leaderboard --format md").stdout.splitlines())
    assert {path: path.read_bytes() for path in own_folders.rglob("*") if path.is_file()} == before


def test_json_is_short_for_the_format_json(istdbench, recorded):
    line = "compare tophat mpcm"
    assert istdbench(f"{line} --json").stdout == istdbench(f"{line} --format json").stdout
    assert "short for --format json" in istdbench(f"{line} --json --format csv", code=2).stderr
    frame = pd.read_csv(io.StringIO(istdbench(f"{line} --format csv").stdout))
    found = json.loads(istdbench(f"{line} --json").stdout)["metrics"]
    assert list(frame["metric"]) == list(found) and frame["p"][0] == pytest.approx(found["IoU"]["p_value"], rel=1e-12)


@pytest.mark.parametrize("table", ["table1", "table2", "table3"])
def test_a_table_of_the_paper_is_printed_in_every_format(istdbench, own_folders, table):
    frame = pd.read_csv(io.StringIO(istdbench(f"reproduce {table} --format csv").stdout))
    assert "mim_istd" in set(frame["method"]) and "published" in set(frame["what"])
    assert r"mim\_istd" in istdbench(f"reproduce {table} --format latex").stdout
    assert json.loads(istdbench(f"reproduce {table} --json").stdout)[0]["rows"][0]["what"] == "published"
    assert "published[^1]" in istdbench(f"reproduce {table} --format md").stdout
    assert list(own_folders.iterdir()) == []


def test_check_and_a_format_do_not_go_together(istdbench, recorded):
    assert "--check prints no tables" in istdbench("leaderboard --check --format csv", code=2).stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("run --methods tophat:size=big --dataset synth", "method 'tophat': size=big is not a whole number"),
        ("run --methods tophat:size=2.5 --dataset synth", "method 'tophat': size=2.5 is not a whole number"),
        ("run --methods ipi:step=true --dataset synth", "method 'ipi': step=true is not a whole number"),
        ("run --methods mim_istd:word=3 --dataset synth", "method 'mim_istd': word=3 is not one of 1, 2, 4"),
        ("probe --methods mpcm:scales=many", "method 'mpcm': scales=many is not a whole number"),
        ("run --methods tophat --dataset synth:n=x", "data set 'synth': n=x is not a whole number"),
        ("run --methods tophat --dataset synth:scr=strong", "data set 'synth': scr=strong is not a number"),
    ],
)
def test_an_option_of_another_kind_is_one_line(istdbench, line, says):
    assert istdbench(line, code=2).stderr.splitlines() == [f"error: {says}"]


@pytest.mark.parametrize(
    "line",
    [
        "run --methods tophat --dataset synth:n=2 --out LONG",
        "run --methods tophat --dataset synth:n=2 --maps new/LONG",
        "report --page LONG",
        "probe --methods tophat --out LONG",
        "reproduce table1 --out LONG",
    ],
)
def test_a_path_that_is_too_long_is_refused_before_the_work(istdbench, own_folders, line):
    error = istdbench(line.replace("LONG", "x" * 300), code=1).stderr
    assert error.endswith("cannot be written (File name too long); choose a shorter path\n")
    assert list(own_folders.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        "run --methods tophat --dataset folder:LONG",
        "data check folder:LONG",
        "predict LONG --method tophat --out found",
        "predict spots --method mim_istd --weights LONG --out found",
        "score LONG --dataset synth",
        "compare LONG LONG",
        "verify LONG",
    ],
)
def test_a_path_that_is_too_long_to_be_read_is_one_line(istdbench, spots, line):
    [error] = istdbench(line.replace("LONG", "x" * 300), code=1).stderr.splitlines()
    assert error.startswith("error: ") and ": File name too long; check the path" in error


def test_a_folder_with_a_long_name_is_recorded_and_found_again(istdbench, own_folders):
    folder = write_spots(own_folders / ("x" * 200))
    line = f"run --methods tophat --dataset folder:{folder} --probes none"
    assert "done: tophat" in istdbench(line).stderr
    assert "recorded: tophat" in istdbench(line).stderr
    istdbench("leaderboard")


def test_a_title_of_a_progress_bar_is_shown_as_it_is(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    assert list(console.bar([1, 2], "folder:x: [red]a[/red]")) == [1, 2]
    with console.counted_bar("fetch folder:x: [b]") as progress:
        progress(1, 2)
    assert "folder:x: [red]a[/red]" in shown.getvalue() and "fetch folder:x: [b]" in shown.getvalue()


def test_nothing_is_an_emoji_in_tables_and_errors(istdbench, spots):
    spots.rename(spots.with_name(":x:"))
    result = CliRunner().invoke(app, ["run", "--methods", "tophat", "--dataset", "folder::x:", "--probes", "none"])
    assert result.exit_code == 0 and "folder::x:" in result.stdout
    assert "folder::x:" in istdbench("data check folder::x:").stdout


@pytest.mark.parametrize("verb", ["run", "train", "score", "sweep", "protocol"])
def test_it_is_said_that_python_files_are_run(istdbench, verb):
    assert "which is run" in " ".join(istdbench(f"{verb} --help").stdout.replace("│", " ").split())


def test_a_page_is_not_named_by_out(istdbench):
    said = istdbench("report --out page.html", code=2).stderr
    assert "--out page.html: the folder of the records is needed; the file to write is named by --page" in said


def test_an_exported_network_is_no_file_of_weights(istdbench, tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"\x08\x0a")
    said = istdbench(f"weights show {tmp_path}/m.onnx", code=1).stderr
    assert "an exported network (ONNX), no file of weights; name the .safetensors or .pth file" in said
