"""What is shown while work goes on: a bar on a terminal, lines elsewhere."""

import io
import sys

import pytest

from istdbench.cli.console import bar
from istdbench.cli.progress_bars import told
from istdbench.progress import Counted


def lines(items, seconds_each, state=None):
    """The lines that are said of items that take so long each."""
    said, now = [], [0.0]
    for _ in told(items, "work", state, said.append, lambda: now[0]):
        now[0] += seconds_each
    return said


def test_without_a_terminal_there_is_a_line_a_minute_with_the_time_left():
    times = {3: "0:02:55", 6: "0:01:40", 9: "0:00:25"}
    assert lines(range(10), 25) == [f"work: {done} of 10, {left} left" for done, left in times.items()]
    assert lines(iter(range(3)), 60) == ["work: 1 done", "work: 2 done", "work: 3 done"]


def test_work_of_a_moment_says_nothing_unless_it_has_a_state():
    assert lines(range(10), 1) == []
    states = iter(["loss 3", "loss 2", "loss 1"])
    assert lines(range(10), 1, lambda: next(states)) == ["work: loss 3, 0:00:09 left", "work: loss 2, 0:00:00 left"]


def test_thousands_of_short_epochs_are_no_thousands_of_lines():
    said = lines(Counted(iter(range(6000)), 6000), 0.1, lambda: "loss")
    assert len(said) == 11  # the first, and ten minutes of which the last ends the work


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_a_bar_shows_title_and_state_as_they_are(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    assert list(bar(range(3), "folder:x: [b] train", lambda: "loss 0.25, 3 images/s")) == [0, 1, 2]
    assert "folder:x: [b] train" in terminal.getvalue() and "loss 0.25, 3 images/s" in terminal.getvalue()


def test_an_error_inside_passes_through_both(monkeypatch):
    def broken():
        yield 1
        raise ValueError("inside")

    for stream in (io.StringIO(), Terminal()):
        monkeypatch.setattr(sys, "stderr", stream)
        with pytest.raises(ValueError, match="inside"):
            list(bar(broken(), "work"))
