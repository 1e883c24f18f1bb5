"""A campaign as a queue that any number of processes share: a run is done when its record is there, and only then.

Each process goes through all runs, takes those that nobody else holds, and waits for the others, so that the run of a
process that dies is taken over by one that lives, from its last checkpoint. The processes share the campaign's `out`,
where records and claims are, and ISTDBENCH_HOME, where checkpoints and weights are. Claims hold within one `out`; what
another campaign, or a person, trains in the same ISTDBENCH_HOME is waited for as well.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from istdbench.campaigns.claims import Claim
from istdbench.errors import DataError, IstdbenchError, WeightsError
from istdbench.files import sha256_file
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job
from istdbench.jobs.weights import find_weights
from istdbench.results import RECORDS, Record, Store, WeightsInfo
from istdbench.runs.run import Outcome, Runner, Settings
from istdbench.runs.to_record import job_key
from istdbench.training.alone import training_lock
from istdbench.training.logs import check_logs

PAUSE = 1.0
"""Seconds between looks at runs that others hold."""


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        starts: how many times it was started.
        host: where it was started last, "" where it was not.
        error: why it failed.
    """

    job: Job
    state: Literal["done", "running", "failed", "left"]
    record: Record | None
    starts: int
    host: str
    error: str


class Worker:
    """Does the runs of a sweep that nobody else does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._store = Store(settings.out / RECORDS)
        self._runner = Runner(settings)

    def work(self, job: Job) -> Outcome | None:
        """Do a run, unless it is recorded; None where another process holds it.

        Raises:
            IstdbenchError: a record is damaged, or the folder cannot be written.
        """
        if (record := recorded(self._store, job)) is not None:
            return Outcome(job, "recorded", record)
        if self.settings.stop():
            return Outcome(job, "stopped")
        if training_lock(job).is_held():
            return None
        claim = Claim(self.settings.out, job)
        with claim.hold() as mine:
            if not mine:
                return None
            if (record := recorded(self._store, job)) is not None:  # by who held the claim a moment ago
                return Outcome(job, "recorded", record)
            claim.note_start()
            outcome = self._runner.attempt(job)
            if outcome.state == "busy":  # its training was begun elsewhere a moment ago
                return None
            if outcome.state == "failed":
                claim.note_error(outcome.error)
            return outcome


def sweep(jobs: Iterable[Job], settings: Settings) -> Iterator[Outcome]:
    """Take part in a campaign until every run is recorded or has failed, or the settings say stop.

    A run that failed is not tried again by this process; the next call tries it.

    Raises:
        UsageError: the device or a log is not here.
        IstdbenchError: as `Worker.work`.
    """
    check_device(settings.device)
    check_logs(settings.logs)
    worker, left = Worker(settings), list(jobs)
    while left:
        held = []
        for job in left:
            outcome = worker.work(job)
            if outcome is None:
                held.append(job)
            else:
                yield outcome
        if len(held) == len(left):
            time.sleep(PAUSE)
        left = held


def standings(jobs: Iterable[Job], settings: Settings) -> list[Standing]:
    """Where every run stands now; changes nothing.

    Raises:
        IstdbenchError: a record is damaged.
    """
    store = Store(settings.out / RECORDS)
    return [_standing(store, job, Claim(settings.out, job)) for job in jobs]


def recorded(store: Store, job: Job) -> Record | None:
    """The sound record of a job, whatever bits its training came to; weights from a file that a user named do not
    count, unless they are the very ones that the job finds. A warning names one that its own table contradicts.

    `istdbench run` looks by the key with the weights' hash, which another machine's training would change. The training
    has to be the job's: where each method has its own, the protocol's hash in the key does not hold it.
    """
    wanted = job_key(job, None)
    for record in store.of(dataset=job.dataset.name, protocol=job.protocol.name, seed=job.seed):
        if record.model_copy(update={"weights": None}).key == wanted and _trained_by(job, record.weights):
            try:
                store.check(record)
            except IstdbenchError as error:
                warnings.warn(f"left out: {error}", stacklevel=2)
            else:
                return record
    return None


def _trained_by(job: Job, weights: WeightsInfo | None) -> bool:
    if weights is None:
        return True
    if weights.training.get("training_hash") != job.protocol.training_hash:
        return False
    return weights.source != "file" or weights.sha256 == _found(job)


def _found(job: Job) -> str:
    """SHA-256 of the weights that a job finds, "" where there are none, or they cannot be fetched."""
    try:
        return sha256_file(find_weights(job).path)
    except (WeightsError, DataError):
        return ""


def _standing(store: Store, job: Job, claim: Claim) -> Standing:
    record, history = recorded(store, job), claim.history()
    running = record is None and claim.is_held()
    error = "" if running or record is not None else history.error
    state: Literal["done", "running", "failed", "left"] = (
        "done" if record is not None else "running" if running else "failed" if error else "left"
    )
    host = history.starts[-1].host if history.starts else ""
    return Standing(job, state, record, len(history.starts), host, error)
