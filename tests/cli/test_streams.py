"""What is printed fails no verb: closed and full streams, readers that go, letters that an encoding lacks."""

import os
import subprocess
import sys
from io import BytesIO

import pytest
import torch

COMMAND = (sys.executable, "-m", "istdbench.cli")
RUN = "run --methods tophat --dataset synth:n=8 --probes none --out out"


def started(line, redirected="", **variables):
    """A verb in a process of its own, its streams redirected as a shell does it."""
    shell = f'"$@" {redirected}'
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    return subprocess.run(
        ["bash", "-c", shell, "bash", *COMMAND, *line.split()], capture_output=True, text=True, env=environment
    )


@pytest.mark.parametrize("redirected", [">/dev/full 2>&1", "<&- >&- 2>&-"])
def test_a_run_is_done_whatever_becomes_of_what_it_prints(redirected, tmp_path):
    done = started(RUN, redirected)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out" / "records").rglob("*.json"))) == 1
    assert (tmp_path / "out" / "synth-n=8.md").read_text().count("tophat") >= 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "redirected"),
    [
        ("list methods --json", ">/dev/full"),
        ("list methods", ">&-"),
        ("run --methods tophat --dataset synth:n=8 --probes none --json", ">/dev/full"),
    ],
)
def test_output_that_is_all_there_is_and_cannot_be_written_has_an_exit_code(line, redirected):
    done = started(line, redirected)
    assert done.returncode == 4
    assert "error: standard output could not be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_usage_error_keeps_its_exit_code_where_nothing_can_be_said():
    assert started("run --methods tophatt --dataset synth", ">&- 2>&-").returncode == 2


@pytest.mark.parametrize("line", ["list methods", "list methods --json", "--help"])
def test_a_reader_that_has_had_enough_is_no_error(line):
    done = started(line, "| head -1; exit ${PIPESTATUS[0]}")
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize(
    "variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}]
)
def test_a_table_with_letters_that_the_encoding_lacks_is_printed(variables):
    done = started("list metrics", **variables)
    assert done.returncode == 0, done.stderr
    assert "nIoU" in done.stdout


def test_a_name_that_is_no_utf_8_is_printed(tmp_path):
    name = os.fsdecode(b"weights \xff.pth")
    torch.save({"a": torch.ones(2)}, io := BytesIO())
    (tmp_path / name).write_bytes(io.getvalue())
    done = subprocess.run([*COMMAND, "weights", "show", name], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(r"weights \udcff.pth: not written by istdbench")


@pytest.mark.parametrize("terminal", ["dumb", "xterm"])
def test_no_bar_is_drawn_where_the_cursor_cannot_move(terminal, monkeypatch):
    from istdbench.cli import streams

    class Terminal:
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", terminal)
    assert streams.is_watched(Terminal()) == (terminal == "xterm")
    assert not streams.is_watched(None)
