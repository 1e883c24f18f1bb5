"""The main job: for each method, data set and seed, find weights, predict, score, probe, record; then report."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from istdbench.errors import BusyError, IstdbenchError, UsageError, WeightsError
from istdbench.files import file_error
from istdbench.importing.released_weights import meant_weights
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.leaks import refuse_overlap, refuse_training_on_test
from istdbench.jobs.named_weights import job_with
from istdbench.jobs.weights import WeightsFile, find_weights, zoo_path
from istdbench.plugins.guard import calling, told
from istdbench.plugins.state import undisturbed
from istdbench.probes.runner import run_probe, start_shared
from istdbench.progress import Stop, Stopped, Track, never, silent
from istdbench.registry import PROBES, strangers_of
from istdbench.released.releases import is_meant
from istdbench.results import RECORDS, Record, Store
from istdbench.runs import to_record
from istdbench.runs.isolation import JobError, count_apart, is_apart, trainer
from istdbench.runs.job_counts import JobCounts, count_job
from istdbench.runs.supervised import UNLIMITED, Limits
from istdbench.scoring.kept_maps import KeptMaps, kept_maps
from istdbench.spec import Spec
from istdbench.training.logs import check_logs

PROBE_SIZE = (512, 512)

ProbeValues = dict[str, dict[str, int | float | str]]


@dataclass(frozen=True)
class Settings:
    """How to run, apart from what.

    Attributes:
        out: folder of the leaderboards; records are in `out / RECORDS`.
        train: train where no weights are found.
        force: run again what is recorded already.
        weights: of the one learned method of the run: a file, the data set whose weights are meant, or `released` or
            `released:NAME`; None looks for those of each job.
        weights_of_another_protocol: they may come from another protocol than the one that is given; see `job_with`.
        probes: names of the probes to run.
        best_on_test: also record IoU at the threshold that is best on the test images, which is no result.
        maps: folder to keep the score maps in, one sub-folder a record; None keeps none.
        device: "cpu" or "cuda".
        logs: of a training, beside `log.csv`; see `istdbench.training.logs`.
        track: shows progress.
        stop: asked before each epoch of a training.
        isolate: whether a job trains and predicts in a process of its own; None where its method is not built in.
        limits: of such a process.
    """

    out: Path = Path("leaderboards")
    train: bool = False
    force: bool = False
    weights: str | None = None
    weights_of_another_protocol: bool = False
    probes: Sequence[str] = ()
    best_on_test: bool = False
    maps: Path | None = None
    device: str = "cpu"
    logs: Sequence[str] = ()
    track: Track = silent
    stop: Stop = never
    isolate: bool | None = None
    limits: Limits = UNLIMITED


@dataclass(frozen=True)
class Outcome:
    """What became of one job: a record made now, one that was there, or why there is none.

    "stopped" is a training that `Settings.stop` ended early; it goes on when the job is run again. "busy" is one that
    another process does at this moment, as its error says.
    """

    job: Job
    state: Literal["done", "recorded", "stopped", "busy", "failed"]
    record: Record | None = None
    error: str = ""
    traceback: str = ""
    notes: list[str] = field(default_factory=list)


def run(
    methods: Sequence[Spec],
    datasets: Sequence[Spec],
    protocol: str | None,
    seeds: Sequence[int],
    settings: Settings,
    changes: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Outcome]:
    """Run every method on every data set with every seed, one outcome after the other.

    A job that fails is an outcome too, and the others go on. Names are checked before anything runs.

    Args:
        protocol: a protocol's name or file; None takes the one of the weights that are named, else each data set's
            default.
        changes: fields of the protocol that are set, such as `{"training.epochs": 5}`.

    Raises:
        UsageError: an unknown method, data set, protocol or field of it, probe, option, device or log, or weights of
            several methods, or of another protocol where that was not asked for.
        WeightsError: the weights that are named are not there.
    """
    check_device(settings.device)
    check_logs(settings.logs)
    if settings.logs and not settings.train:
        raise UsageError("--log is of a training; add --train")
    if settings.weights is not None and len(methods) != 1:
        raise UsageError("--weights goes with one method; name just the one that the weights belong to")
    plan = [
        _planned(method, data, protocol, seed, settings, changes)
        for data in datasets
        for method in methods
        for seed in seeds
    ]
    for probe in settings.probes:
        PROBES.get(probe)
    runner = Runner(settings)
    return (runner.attempt(job, weights) for job, weights in plan)


def _planned(
    method: Spec,
    dataset: Spec,
    protocol: str | None,
    seed: int,
    settings: Settings,
    changes: Mapping[str, object],
) -> tuple[Job, WeightsFile | None]:
    """A job, and the weights that it is to take where they are named."""
    if settings.weights is None:
        return make_job(method, dataset, protocol, seed, changes), None
    weights = meant_weights(settings.weights, method, protocol, seed, dataset.name)
    allowed = settings.weights_of_another_protocol
    job = job_with(weights, method, dataset, protocol, seed, changes, of_another_protocol=allowed)
    if is_meant(settings.weights):
        return job, WeightsFile(weights, "released")
    return job, WeightsFile(weights, "zoo" if weights == zoo_path(job) else "file")


class Runner:
    """Runs jobs under one set of settings. Probe values are kept: they are the same for all of a method's jobs."""

    def __init__(self, settings: Settings) -> None:
        # whole paths, since a plugin may go elsewhere
        maps = None if settings.maps is None else settings.maps.absolute()
        self.settings = replace(settings, out=settings.out.absolute(), maps=maps)
        self.store = Store(self.settings.out / RECORDS)
        self.probed: dict[str, ProbeValues] = {}

    def attempt(self, job: Job, weights: WeightsFile | None = None) -> Outcome:
        """Run a job; whatever goes wrong is its outcome.

        Args:
            weights: of a learned method; None looks for them, and trains them where the settings say so.
        """
        strangers = strangers_of(job.method.name, job.dataset.spec.name)
        try:
            with undisturbed(strangers), calling(strangers or str(job)):
                return self._run(job, weights)
        except Stopped:
            return Outcome(job, "stopped")
        except JobError as error:
            return Outcome(job, "failed", error=error.told, traceback=error.traceback)
        except BusyError as error:
            return Outcome(job, "busy", error=str(error))
        except IstdbenchError as error:
            return Outcome(job, "failed", error=str(error))
        except Exception as error:  # a plugin may raise anything; it is reported, and the other jobs go on
            if isinstance(error, OSError) and (said := file_error(error)):
                return Outcome(job, "failed", error=said)
            return Outcome(job, "failed", error=told(error), traceback=traceback.format_exc())

    def _run(self, job: Job, named: WeightsFile | None) -> Outcome:
        settings = self.settings
        weights = (named or self._weights(job)) if job.method.has_weights else None
        if weights is not None:
            refuse_overlap(job, weights.path, settings.track)
        described = None if weights is None else to_record.weights_info(weights, job)
        key = to_record.job_key(job, described)
        kept = None if settings.maps is None else kept_maps(settings.maps, job, key, described)
        found = None if settings.force else self.store.find(key)
        if found is not None and not found.metrics.failed and (found.metrics.best_on_test or not settings.best_on_test):
            if kept is not None and not kept.read(job.test_names):
                warnings.warn(
                    f"{job}: recorded before, and {kept.folder} has no maps; --force makes them", stacklevel=2
                )
            return Outcome(job, "recorded", found)
        if str(job.spec) not in self.probed:
            start_shared([PROBES.get(name) for name in settings.probes], job.method, settings.device)
        counted = self._count(job, weights.path if weights else None, kept)
        counted.grids[0].warn_of_odd_maps(str(job))
        probes, notes = self._probe(job)
        record = to_record.record_of(job, described, counted, probes, settings.device)
        notes += [f"metric {name}: {why}" for name, why in record.metrics.failed.items()]
        path = self.store.save(record, to_record.count_rows(counted.grids[0]))
        return Outcome(job, "done", self.store.load(path), notes=notes)

    def _weights(self, job: Job) -> WeightsFile:
        """The weights that are found, or new ones where training was asked for."""
        settings = self.settings
        try:
            return find_weights(job)
        except WeightsError:
            if not settings.train:
                raise
        refuse_training_on_test(job)
        train = trainer(job, settings.isolate, settings.limits)
        path = train(job, device=settings.device, logs=settings.logs, track=settings.track, stop=settings.stop)
        return WeightsFile(path, "trained")

    def _count(self, job: Job, weights: Path | None, maps: KeptMaps | None) -> JobCounts:
        settings = self.settings
        count = partial(count_apart, limits=settings.limits) if is_apart(job, settings.isolate) else count_job
        return count(
            job,
            weights,
            device=settings.device,
            maps=maps,
            best_on_test=settings.best_on_test,
            track=settings.track,
        )

    def _probe(self, job: Job) -> tuple[ProbeValues, list[str]]:
        """What the probes measure of the job's method, and what went wrong with them."""
        method, notes = str(job.spec), []
        if method not in self.probed:
            self.probed[method] = {}
            for name in self.settings.track(self.settings.probes, f"{method}: probe"):
                try:
                    values = run_probe(PROBES.get(name), job.method, job.options, PROBE_SIZE, self.settings.device)
                except IstdbenchError as error:
                    notes.append(f"probe {name}: {error}")
                else:
                    self.probed[method][name] = values
        return self.probed[method], notes
