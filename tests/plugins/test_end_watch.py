"""The end of a process that a plugin's compiled code ends is said; one that its program comes to is not."""

import subprocess
import sys

import pytest

SAID = "error: this process was killed or ended in the middle of its work, as by _exit"
PROGRAM = """
import os, sys
from istdbench.plugins.end_watch import end_told, watch_end
with end_told():
    watch_end(["odd 1.0 (mine)"])
    {}
"""


def run(program):
    """Exit code and standard error."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"])
def test_an_end_in_the_middle_is_said_with_the_plugins_that_there_are(end):
    _, error = run(PROGRAM.format(end))
    assert SAID in error and "it was a plugin: odd 1.0 (mine)" in error


@pytest.mark.parametrize(("end", "code"), [("pass", 0), ("sys.exit(3)", 3), ("raise ValueError", 1)])
def test_an_end_that_the_program_comes_to_is_not(end, code):
    found, error = run(PROGRAM.format(end))
    assert found == code and SAID not in error


def test_outside_a_verb_nothing_is_watched():
    assert run(PROGRAM.replace("end_told()", "open(os.devnull)").format("os._exit(0)")) == (0, "")
