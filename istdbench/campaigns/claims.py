"""Who works on which run: one lock a run (`istdbench.locks`), in the folder that the processes of a sweep share.

Where its locks do not hold, work is done twice, but no number changes: a record is a pure function of its key, and is
written whole or not at all.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import BaseModel, ValidationError

from istdbench.files import atomic_write, readable, remove_leftovers_of
from istdbench.jobs.job import Job
from istdbench.locks import Holder, Lock, this_process
from istdbench.runs.to_record import job_key

FOLDER = ".sweep"
"""Beside the records; it may be deleted when no sweep runs."""


class History(BaseModel):
    """What became of a run so far, besides its record. `error` is why the last start failed, "" where it did not."""

    starts: list[Holder] = []
    error: str = ""


class Claim:
    """The claim on one run. Only who holds it may start the run or note anything."""

    def __init__(self, out: Path, job: Job) -> None:
        stem = f"{job.method.name}-seed{job.seed}-{job_key(job, None)[:12]}"
        file = out / FOLDER / f"{stem}.lock"
        self._lock = Lock(file, "set `out` to another folder")
        self._history_file = file.with_suffix(".json")

    def hold(self) -> AbstractContextManager[bool]:
        """Hold the claim inside the block, if nobody else does; gives whether it is held.

        Raises:
            IstdbenchError: the folder cannot be written, or its file system has no locks.
        """
        return self._lock.hold()

    def is_held(self) -> bool:
        """Whether a process works on the run now."""
        return self._lock.is_held()

    def history(self) -> History:
        """What is noted; nothing where the run was never started, or the note is damaged: no result depends on it."""
        try:
            return History.model_validate_json(self._history_file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return History()

    def note_start(self) -> None:
        """Note that this process begins."""
        self._write(History(starts=[*self.history().starts, this_process()]))

    def note_error(self, error: str) -> None:
        """Note why the run failed; the next start clears it."""
        self._write(self.history().model_copy(update={"error": readable(error)}))

    def _write(self, history: History) -> None:
        remove_leftovers_of(self._history_file)
        atomic_write(self._history_file, history.model_dump_json(indent=2) + "\n")
