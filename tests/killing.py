"""A verb in a process of its own that is struck at its n-th file operation: killed, torn or told that the disk is full.

    @at_points
    def test_a_run_that_was_killed_is_made_again(sample, tmp_path):
        for at in sample(Verb(line, fresh(tmp_path)).run().operations):
            ...

takes three points by default. All of them are taken under the mark `whole`, which is left out unless it is asked for:
`pytest -m whole` runs every such test, `pytest -m whole tests/cli/test_kills.py` those of a file.

Operations are counted as Python's audit events tell them, each before it takes place, so that what a library writes by
itself (`torch.save` with a path) is not seen. Processes are forked from a server that has the imports and has computed
nothing: a point takes as long as its verb. Nothing that a test has patched in its own process is so in them; `prepare`
patches there.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Sized
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import pytest

PRELOADED = (
    "torch",
    "torch._dynamo",  # which the first optimizer imports
    "cv2",
    "pandas",
    "scipy.stats",
    "scipy.ndimage",
    "skimage.measure",
    "matplotlib.figure",
    "accelerate",
    "mmengine.config",
    "rich.console",
    "pytest",
    "istdbench.cli.app",
    "istdbench.committed.check",
    "istdbench.campaigns.queue",
    "istdbench.reports.writing",
    "istdbench.training.train",
)
PLACES = {
    "open": (0, None),
    "os.rename": (1, 3),
    "os.remove": (0, 1),
    "os.mkdir": (0, 2),
    "os.rmdir": (0, 1),
    "os.truncate": (0, None),
    "os.link": (1, 3),
    "os.symlink": (1, 2),
    "os.chmod": (0, 2),
    "os.utime": (0, 3),
}
"""The audit events that change files: where in their arguments the path stands, and the folder it is relative to."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
TORN_AFTER = 16
"""Bytes that a torn file has."""
LONGEST = 120
"""Seconds that a verb may take."""

Fault = Literal["kill", "tear", "full disk"]
Sample = Callable[[Sized], list[int]]


def spread(operations: Sized, points: int = 3) -> list[int]:
    """Some of them, counted from 1: the middle of each of as many equal parts."""
    return sorted({1 + int((part + 0.5) * len(operations) / points) for part in range(points)}) if operations else []


def every(operations: Sized) -> list[int]:
    """All of them, counted from 1."""
    return list(range(1, len(operations) + 1))


at_points = pytest.mark.parametrize("sample", [spread, pytest.param(every, marks=pytest.mark.whole)])
"""Gives a test `sample`, from the operations to the points at which it is to strike."""


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: its exit code; negative the signal that killed it.
        operations: that it made under the folder, "os.rename PATH" with the path under it; none where it was killed.
        output: its standard output and error.
    """

    code: int
    operations: tuple[str, ...]
    output: str


@dataclass(frozen=True)
class Verb:
    """A line of the command as it is typed, without its first word.

    Attributes:
        under: only operations in this folder count.
        prepare: called in the process before anything counts. It can be pickled: a function of a module, or a
            `functools.partial` of one.
    """

    line: str
    under: Path
    prepare: Callable[[], object] = bool

    def run(self) -> Ended:
        """Run it undisturbed, in this process's working folder and environment."""
        return self.strike(0)

    def strike(self, at: int, fault: Fault = "kill") -> Ended:
        """Run it, and let something happen at an operation.

        Args:
            at: the operation, counted from 1.
            fault: "kill" is SIGKILL before the operation; "tear" kills at the first write after it, with a few bytes
                written; "full disk" lets the operation and all later ones fail with ENOSPC, but not removals.
        """
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(PRELOADED))
        counts, sender = context.Pipe(duplex=False)
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "output"
            arguments = (self, at, fault, dict(os.environ), Path.cwd(), output, sender)
            process = context.Process(target=_run, args=arguments)
            process.start()
            sender.close()
            process.join(LONGEST)
            if process.exitcode is None:
                process.kill()
                process.join()
                pytest.fail(f"{self.line}: never ended, struck at {at}: {output.read_text()}")
            try:
                operations = counts.recv()
            except EOFError:  # it was killed before it could tell
                operations = ()
            return Ended(process.exitcode, operations, output.read_text())


class _Strikes:
    """The audit hook: counts, and strikes when its time has come."""

    def __init__(self, under: Path, at: int, fault: Fault) -> None:
        self.under, self.at, self.fault = under.resolve(), at, fault
        self.operations: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in PLACES or (event == "open" and not arguments[2] & WRITES):
            return
        path, folder = (None if place is None else arguments[place] for place in PLACES[event])
        if isinstance(path, int):  # an open file
            return
        base = Path.cwd() if folder is None or folder < 0 else Path(f"/proc/self/fd/{folder}").readlink()
        whole = Path(os.path.normpath(base / os.fsdecode(path)))
        if not whole.is_relative_to(self.under):
            return
        self.operations.append(f"{event} {whole.relative_to(self.under)}")
        here = len(self.operations)
        if here == self.at and self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif here == self.at and self.fault == "tear":
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (TORN_AFTER, TORN_AFTER))
        elif 0 < self.at <= here and self.fault == "full disk" and event not in ("os.remove", "os.rmdir"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(whole))


def _run(
    verb: Verb, at: int, fault: Fault, environment: dict[str, str], folder: Path, output: Path, sender: Connection
) -> None:
    """What the process does."""
    with output.open("wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.stdout, sys.stderr = (os.fdopen(stream, "w", buffering=1) for stream in (1, 2))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)

    from istdbench.cli import app

    verb.prepare()
    sys.argv = ["istdbench", *verb.line.split()]
    strikes = _Strikes(verb.under, at, fault)
    sys.addaudithook(strikes)
    try:
        app(verb.line.split())
    finally:
        strikes.at = 0
        sender.send(tuple(strikes.operations))
