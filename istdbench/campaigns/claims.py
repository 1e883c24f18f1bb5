"""Who works on which run: one lock file a run, in the folder that the processes of a sweep share.

A claim is an advisory lock of the file system (`flock`, by the library filelock), and not a file with a heartbeat that
expires (a lease), for three reasons. A lock ends with its process: after `kill -9` the run is free at once, and no
length of silence has to be chosen that a slow epoch or a stopped clock could outlast. A lease is a hint, under which
two can work at once, since nothing stops a process that was only slow; a lock excludes. And where several machines
share the folder, an NFSv4 server or a cluster file system already keeps such leases for its clients: it frees the locks
of a machine that is gone after about 90 s, and lets it write no more.

So the folder has to be one whose locks hold on all machines: NFSv4, CephFS, Lustre mounted with `flock`; not `nolock`
or `localflock`. Where they do not hold, work is done twice, but no number changes: a record is a pure function of its
key, and is written whole or not at all.
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ValidationError

from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, readable
from istdbench.jobs.job import Job
from istdbench.results.provenance import now
from istdbench.runs.to_record import job_key

FOLDER = ".sweep"
"""Beside the records; it may be deleted when no sweep runs."""


class Start(BaseModel):
    """A process that began to work on a run."""

    host: str
    pid: int
    at: str


class History(BaseModel):
    """What became of a run so far, besides its record. `error` is why the last start failed, "" where it did not."""

    starts: list[Start] = []
    error: str = ""


class Claim:
    """The claim on one run. Only who holds it may start the run or note anything."""

    def __init__(self, out: Path, job: Job) -> None:
        stem = f"{job.method.name}-seed{job.seed}-{job_key(job, None)[:12]}"
        self._lock_file = out / FOLDER / f"{stem}.lock"
        self._history_file = self._lock_file.with_suffix(".json")

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Hold the claim inside the block, if nobody else does; gives whether it is held.

        Raises:
            IstdbenchError: the folder cannot be written, or its file system has no locks.
        """
        lock = FileLock(self._lock_file)
        try:
            self._lock_file.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        except (OSError, NotImplementedError) as error:
            raise IstdbenchError(
                f"{self._lock_file}: cannot be locked ({error}); a sweep needs a writable folder on a file system with "
                "locks, so set `out` to another"
            ) from error
        try:
            yield True
        finally:
            lock.release()

    def is_held(self) -> bool:
        """Whether a process works on the run now."""
        if not self._lock_file.is_file():
            return False
        with self.hold() as free:
            return not free

    def history(self) -> History:
        """What is noted; nothing where the run was never started, or, which is told, where the notes are damaged."""
        if not self._history_file.is_file():
            return History()
        try:
            return History.model_validate_json(self._history_file.read_bytes())
        except ValidationError:
            warnings.warn(f"{self._history_file}: damaged, so that starts are counted anew", stacklevel=2)
            return History()

    def note_start(self) -> None:
        """Note that this process begins."""
        this = Start(host=socket.gethostname(), pid=os.getpid(), at=now())
        self._write(History(starts=[*self.history().starts, this]))

    def note_error(self, error: str) -> None:
        """Note why the run failed; the next start clears it."""
        self._write(self.history().model_copy(update={"error": readable(error)}))

    def _write(self, history: History) -> None:
        atomic_write(self._history_file, history.model_dump_json(indent=2) + "\n")
