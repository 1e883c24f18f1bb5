"""Work that one process at a time may do: a lock file, and beside it who holds it.

A lock is one of the file system (`flock`, by the library filelock), and not a file with a heartbeat that expires (a
lease), for three reasons. A lock ends with its process: after `kill -9` the work is free at once, and no length of
silence has to be chosen that a slow epoch or a stopped clock could outlast. A lease is a hint, under which two can work
at once, since nothing stops a process that was only slow; a lock excludes. And where several machines share the folder,
an NFSv4 server or a cluster file system already keeps such leases for its clients: it frees the locks of a machine that
is gone after about 90 s, and lets it write no more.

So the folder has to be one whose locks hold on all machines: NFSv4, CephFS, Lustre mounted with `flock`; not `nolock`
or `localflock`. The empty lock file stays: whoever deleted it could delete one that another process has just locked.
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, fix_of, remove_leftovers_of

if TYPE_CHECKING:
    from filelock import FileLock

PATIENCE, FOR_EVER = 10.0, -1.0
"""Seconds to wait for another process before a person is told of it, and then."""
GLANCE = 0.2
"""Seconds that a process may take to find out whether a lock is held, for which it takes the lock itself."""


class Holder(BaseModel):
    """A process, and since when it works; `at` is UTC, ISO 8601."""

    host: str
    pid: int
    at: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (since {self.at})"


def this_process() -> Holder:
    """The process that asks, from now on."""
    return Holder(host=socket.gethostname(), pid=os.getpid(), at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


@dataclass(frozen=True)
class Lock:
    """The lock of one piece of work.

    Attributes:
        file: the lock file; who holds it stands beside it, with the suffix `.holder`.
        otherwise: what to do where the file cannot be locked, such as "set `out` to another folder".
    """

    file: Path
    otherwise: str

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Hold the lock inside the block, if nobody else does; gives whether it is held.

        Raises:
            IstdbenchError: the folder cannot be written, or its file system has no locks.
        """
        lock = self._taken(GLANCE)
        if lock is None:
            yield False
            return
        try:
            remove_leftovers_of(self._note)
            atomic_write(self._note, this_process().model_dump_json())
            yield True
        finally:
            self._note.unlink(missing_ok=True)
            lock.release()

    def is_held(self) -> bool:
        """Whether a process holds the lock now."""
        if not self.file.is_file():
            return False
        lock = self._taken()
        if lock is not None:
            lock.release()
        return lock is None

    def holder(self) -> str:
        """Who holds the lock, as far as it is noted."""
        try:
            return str(Holder.model_validate_json(self._note.read_bytes()))
        except (OSError, ValueError):  # it took the lock, or leaves it, at this moment
            return "another process"

    def _taken(self, timeout: float = 0.0) -> FileLock | None:
        """The lock, taken; None where another holds it for longer than `timeout` seconds."""
        return _acquired(self.file, timeout, f", or {self.otherwise}")

    @property
    def _note(self) -> Path:
        return self.file.with_suffix(".holder")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of a file for a moment, once whoever holds it has let go.

    Raises:
        IstdbenchError: the folder cannot be written, or its file system has no locks.
    """
    lock = _acquired(file, PATIENCE)
    if lock is None:
        warnings.warn(f"{file}: another process is writing here; waiting for it to end", stacklevel=3)
        lock = _acquired(file, FOR_EVER)
    assert lock is not None
    try:
        yield
    finally:
        lock.release()


def _acquired(file: Path, timeout: float, advice: str = "") -> FileLock | None:
    """The lock of a file, taken; None where another holds it for longer than `timeout` seconds."""
    from filelock import FileLock, Timeout  # here, since it takes as long as all else that `istdbench list` imports

    lock = FileLock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=timeout)
    except Timeout:
        return None
    except (OSError, NotImplementedError) as error:
        why = getattr(error, "strerror", None) or error
        fix = fix_of(error, "choose a folder on a file system with locks")
        raise IstdbenchError(f"{file}: cannot be locked ({why}); {fix}{advice}") from error
    return lock
