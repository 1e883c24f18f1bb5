"""A process that says so where this one ends in the middle of a verb.

A plugin's code may end the process from C, by `_exit` or a fault: no exception comes of it, no `finally` runs, and the
exit code may be 0. Only another process can tell. It is started before the first plugin is imported, and costs some
milliseconds; where no plugin is installed there is none.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

WATCHER = "import sys\nif not sys.stdin.buffer.read(): sys.stderr.write(sys.argv[1])"
"""What the watcher runs: its input ends when the process that started it does, and holds something if that was done."""
verbs: list[ExitStack] = []
"""Of the verb that this process is at, what is to be left at its end; empty where it is no command line."""


@contextmanager
def end_told() -> Iterator[None]:
    """The span of a verb: from `watch_end` to the end of the block, an end of the process is told."""
    with ExitStack() as stack:
        verbs.append(stack)
        try:
            yield
        finally:
            verbs.pop()


def watch_end(origins: list[str]) -> None:
    """Have the end of this process watched to the end of the verb that it is at; of a program that is no command line
    of ours, nothing is.

    Args:
        origins: of the plugins whose code may run from now on.
    """
    if verbs:
        verbs[-1].enter_context(_watched(origins))


@contextmanager
def _watched(origins: list[str]) -> Iterator[None]:
    import subprocess

    told = (
        "error: this process was killed or ended in the middle of its work, as by _exit or a fault in compiled code, "
        "and what comes after that was not done, whatever the exit code says. If nobody killed it, it was a plugin: "
        f"{', '.join(origins)}. `istdbench run` has methods of plugins in processes of their own\n"
    )
    command = [sys.executable, "-I", "-S", "-c", WATCHER, told]
    quiet = {"stdout": subprocess.DEVNULL, "start_new_session": True}  # Ctrl-C is for this process alone
    try:
        watcher = subprocess.Popen(command, stdin=subprocess.PIPE, **quiet)  # type: ignore[call-overload]
    except OSError:  # no process can be started: the verb is done without
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            watcher.communicate(b"done")
