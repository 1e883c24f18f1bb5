"""A process that may end in any way: it is fed a request, watched for limits, and its end is told as a sentence.

Its memory is watched as what it holds, the resident set of it and of all that it started: a limit of the address space
or of its data would refuse what PyTorch and CUDA reserve and never use.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from istdbench.errors import IstdbenchError

FAULTS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL)
PAUSE = 0.1
"""Seconds between two looks at a process."""
Message = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What a process may take; None is no limit.

    Attributes:
        seconds: of the wall clock.
        memory: in bytes.
    """

    seconds: float | None = None
    memory: float | None = None


UNLIMITED = Limits()


def messages(module: str, request: Mapping[str, Any], limits: Limits) -> Generator[Message]:
    """Run a module as a program and give what it says, one JSON object a line.

    The module reads the request, a line of JSON, from standard input, which is then held open until the process is to
    end. It has a session of its own: when the iterator is closed, as by Ctrl-C, it is killed with all that it started.

    Raises:
        IstdbenchError: it ended, or was ended for a limit, before the iterator was closed; says how.
    """
    path = os.pathsep.join(entry or os.curdir for entry in sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-X", "faulthandler", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended at its start, which is told below
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        yield from _watched(process, limits)
        raise IstdbenchError(_end(process.wait()))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _watched(process: subprocess.Popen[str], limits: Limits) -> Iterator[Message]:
    """What a process says, until it is gone."""
    lines: SimpleQueue[str | None] = SimpleQueue()
    Thread(target=_read, args=(process, lines), daemon=True).start()
    began = time.monotonic()
    while True:
        _check(process, limits, time.monotonic() - began)
        try:
            line = lines.get(timeout=PAUSE)
        except Empty:
            if process.poll() is None:
                continue
            return  # what it started may still hold its output open
        if line is None:
            return
        yield json.loads(line)


def _read(process: subprocess.Popen[str], lines: SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def _check(process: subprocess.Popen[str], limits: Limits, seconds: float) -> None:
    """Refuse what is over a limit."""
    if limits.seconds is not None and seconds > limits.seconds:
        raise IstdbenchError(f"not done after {limits.seconds:g} s, its time limit; its process was ended")
    if limits.memory is not None and (taken := _resident(process.pid)) > limits.memory:
        raise IstdbenchError(
            f"took {taken / 1e9:.2f} GB of memory, and its limit is {limits.memory / 1e9:.2f} GB; its process was ended"
        )


def _resident(pid: int) -> int:
    """Bytes that a process holds in memory, with all that it started."""
    import psutil

    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += each.memory_info().rss
    return total


def _end(code: int) -> str:
    """How a process ended that was not done."""
    if code == -signal.SIGKILL:
        return "its process was killed (SIGKILL), most likely for want of memory; see --memory-limit"
    if code < 0:
        why = ", as by a fault in compiled code" if -code in FAULTS else ""
        return f"its process was killed by {signal.Signals(-code).name}{why}"
    return f"its process ended with exit code {code} before it was done; something called os._exit or the like"
