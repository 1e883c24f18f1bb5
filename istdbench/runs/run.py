"""The main job: for each method, data set and seed, find weights, predict, score, probe, record; then report."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from istdbench.errors import IstdbenchError, UsageError, WeightsError
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.weights import WeightsFile, find_weights, zoo_path
from istdbench.probes.runner import run_probe
from istdbench.progress import Stop, Track, never, silent
from istdbench.registry import PROBES
from istdbench.results import RECORDS, Record, Store
from istdbench.runs import to_record
from istdbench.scoring.best_threshold import BestThreshold
from istdbench.scoring.image_counts import score_job
from istdbench.scoring.maps import MapWriter, map_folder
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import Spec
from istdbench.training.train import Stopped, train

PROBE_SIZE = (512, 512)

ProbeValues = dict[str, dict[str, int | float | str]]


@dataclass(frozen=True)
class Settings:
    """How to run, apart from what.

    Attributes:
        out: folder of the leaderboards; records are in `out / RECORDS`.
        train: train where no weights are found.
        force: run again what is recorded already.
        weights: the file for the one learned method of the run, instead of looking for one.
        probes: names of the probes to run.
        best_on_test: also record IoU at the threshold that is best on the test images, which is no result.
        maps: folder to keep the score maps in, one sub-folder a run; None keeps none.
        device: "cpu" or "cuda".
        track: draws progress.
        stop: asked before each epoch of a training.
    """

    out: Path = Path("leaderboards")
    train: bool = False
    force: bool = False
    weights: WeightsFile | None = None
    probes: Sequence[str] = ()
    best_on_test: bool = False
    maps: Path | None = None
    device: str = "cpu"
    track: Track = silent
    stop: Stop = never


@dataclass(frozen=True)
class Outcome:
    """What became of one job: a record made now, one that was there, or why there is none.

    "stopped" is a training that `Settings.stop` ended early; it goes on when the job is run again.
    """

    job: Job
    state: Literal["done", "recorded", "stopped", "failed"]
    record: Record | None = None
    error: str = ""
    traceback: str = ""
    notes: list[str] = field(default_factory=list)


def run(
    methods: Sequence[Spec], datasets: Sequence[Spec], protocol: str | None, seeds: Sequence[int], settings: Settings
) -> Iterator[Outcome]:
    """Run every method on every data set with every seed, one outcome after the other.

    A job that fails is an outcome too, and the others go on. Names are checked before anything runs.

    Args:
        protocol: a protocol's name or file; None takes each data set's default.

    Raises:
        UsageError: an unknown method, data set, protocol, probe, option or device, or weights of several methods.
    """
    check_device(settings.device)
    if settings.weights is not None and len(methods) != 1:
        raise UsageError("--weights goes with one method; name just the one that the weights belong to")
    jobs = [make_job(method, data, protocol, seed) for data in datasets for method in methods for seed in seeds]
    for probe in settings.probes:
        PROBES.get(probe)
    runner = Runner(settings)
    return (runner.attempt(job) for job in jobs)


class Runner:
    """Runs jobs under one set of settings. Probe values are kept: they are the same for all of a method's jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.out / RECORDS)
        self.probed: dict[str, ProbeValues] = {}

    def attempt(self, job: Job) -> Outcome:
        """Run a job; whatever goes wrong is its outcome."""
        try:
            return self._run(job)
        except Stopped:
            return Outcome(job, "stopped")
        except IstdbenchError as error:
            return Outcome(job, "failed", error=str(error))
        except Exception as error:  # a plugin may raise anything; it is reported, and the other jobs go on
            return Outcome(job, "failed", error=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())

    def _run(self, job: Job) -> Outcome:
        settings = self.settings
        weights = self._weights(job) if job.method.has_weights else None
        described = None if weights is None else to_record.weights_info(weights)
        key = to_record.job_key(job, described)
        found = None if settings.force else self.store.find(key)
        if found is not None and (found.metrics.best_on_test or not settings.best_on_test):
            return Outcome(job, "recorded", found)
        best = [BestThreshold()] if settings.best_on_test else []
        kept = [MapWriter(map_folder(settings.maps, job))] if settings.maps is not None else []
        predict = job_predictor(job, weights.path if weights else None, settings.device)
        counts = score_job(job, predict, *kept, *best, track=settings.track)
        probes, notes = self._probe(job)
        record = Record(
            method=to_record.method_info(job),
            weights=described,
            dataset=to_record.dataset_info(job),
            protocol=to_record.protocol_info(job),
            metrics=to_record.metrics_info(counts, *best),
            seed=job.seed,
            probes=probes,
            provenance=to_record.provenance(settings.device),
        )
        self.store.save(record, to_record.count_rows(counts[0]))
        return Outcome(job, "done", self.store.find(key), notes=notes)

    def _weights(self, job: Job) -> WeightsFile:
        """The weights that the settings name, those that are found, or new ones where training was asked for."""
        settings, named = self.settings, self.settings.weights
        if named is not None:
            return WeightsFile(named.path, "zoo") if named.path == zoo_path(job) else named
        try:
            return find_weights(job)
        except WeightsError:
            if not settings.train:
                raise
        return WeightsFile(train(job, device=settings.device, track=settings.track, stop=settings.stop), "trained")

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
