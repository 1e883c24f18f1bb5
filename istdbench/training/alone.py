"""One process at a time trains a job: its checkpoints, logs and weights have one writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from istdbench.errors import BusyError
from istdbench.jobs.job import Job
from istdbench.locks import Lock
from istdbench.training.logs import training_folder


def training_lock(job: Job) -> Lock:
    """The lock of a job's training."""
    return Lock(training_folder(job) / "training.lock", "set ISTDBENCH_HOME to another folder")


@contextmanager
def alone(job: Job) -> Iterator[None]:
    """Keep other processes from training the job inside the block.

    Raises:
        BusyError: another process trains it.
        IstdbenchError: the folder cannot be written, or its file system has no locks.
    """
    lock = training_lock(job)
    with lock.hold() as mine:
        if not mine:
            raise BusyError(
                f"training of {job}: {lock.holder()} works on it in {lock.file.parent}; wait for its end, or stop it "
                "and call this again, which goes on from its last checkpoint"
            )
        yield
