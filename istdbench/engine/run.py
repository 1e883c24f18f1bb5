"""The main job: for each method, data set and seed, find weights, predict, score, probe, record; then report."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from istdbench.engine.best_on_test import BestOnTestIoU
from istdbench.engine.device import check_device
from istdbench.engine.evaluate import ScoreOf, count_images, count_rows
from istdbench.engine.job import Job, make_job
from istdbench.engine.maps import kept
from istdbench.engine.predict import classical_predictor, trained_predictor
from istdbench.engine.progress import Stop, Track, never, silent
from istdbench.engine.recording import dataset_info, job_key, method_info, metrics_info, protocol_info, provenance
from istdbench.engine.second_grid import SecondGrid, second_grid, shown_to
from istdbench.engine.train import Stopped, train
from istdbench.engine.weights import Source, find_weights, zoo_path
from istdbench.errors import IstdbenchError, WeightsError
from istdbench.files import sha256_file
from istdbench.probes.runner import run_probe
from istdbench.registry import METRICS, PROBES, REPORTERS
from istdbench.results import RECORDS, Record, Store, WeightsInfo
from istdbench.spec import Spec

PROBE_SIZE = (512, 512)

ProbeValues = dict[str, dict[str, int | float | str]]


@dataclass(frozen=True)
class Settings:
    """How to run, apart from what.

    Attributes:
        out: folder of the leaderboards; records are in `out / RECORDS`.
        train: train where no weights are found.
        force: run again what is recorded already.
        weights: a weights file for the one learned method of the run, instead of looking for one.
        staged: `weights` are on their way to be the job's entry of the zoo, and are recorded as that.
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
    weights: Path | None = None
    staged: bool = False
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
        UsageError: an unknown method, data set, protocol, probe, option or device.
    """
    check_device(settings.device)
    jobs = [make_job(method, data, protocol, seed) for data in datasets for method in methods for seed in seeds]
    for probe in settings.probes:
        PROBES.get(probe)
    runner = Runner(settings)
    return (runner.attempt(job) for job in jobs)


def write_reports(out: Path) -> list[Path]:
    """Let every reporter write its files from all records under `out`; returns their paths."""
    records = Store(out / RECORDS).load_all()
    return [path for reporter in REPORTERS.all() for path in reporter.write(records, METRICS.all(), out)]


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
        names, second = job.test_names, second_grid(job)
        weights, score_of = self._prepare(job, second)
        key = job_key(job, weights.sha256 if weights else None)
        found = None if self.settings.force else self.store.find(key)
        if found is not None and (found.metrics.best_on_test or not self.settings.best_on_test):
            return Outcome(job, "recorded", found)
        if self.settings.maps is not None:
            score_of = kept(score_of, self.settings.maps / job.dataset_slug / job.slug)
        best = BestOnTestIoU(job.dataset) if self.settings.best_on_test else None
        tracked = self.settings.track(names, f"{job.spec}: predict")
        seen_by = best.watch(score_of) if best else score_of
        counts = count_images(seen_by, job.dataset, tracked, job.protocol.scoring.threshold)
        probes, notes = self._probe(job)
        record = Record(
            method=method_info(job),
            weights=weights,
            dataset=dataset_info(job),
            protocol=protocol_info(job),
            metrics=metrics_info(counts, best.result() if best else None, second.result() if second else None),
            seed=job.seed,
            probes=probes,
            provenance=provenance(self.settings.device),
        )
        self.store.save(record, count_rows(counts))
        return Outcome(job, "done", self.store.find(key), notes=notes)

    def _prepare(self, job: Job, second: SecondGrid | None) -> tuple[WeightsInfo | None, ScoreOf]:
        """The weights of a job, trained first where that was asked for, and its predictor, which `second` looks at."""
        if job.method.build is None:
            return None, classical_predictor(job, shown_to(second))
        path, source = self._weights(job)
        predict, header = trained_predictor(job, path, self.settings.device, shown_to(second))
        training = header.model_dump(mode="json", exclude={"method", "options"})
        return WeightsInfo(sha256=sha256_file(path), source=source, training=training), predict

    def _weights(self, job: Job) -> tuple[Path, Source]:
        if self.settings.weights is not None:
            ours = self.settings.staged or self.settings.weights == zoo_path(job)
            return self.settings.weights, "zoo" if ours else "file"
        try:
            return find_weights(job)
        except WeightsError:
            if not self.settings.train:
                raise
        chosen = self.settings
        return train(job, device=chosen.device, track=chosen.track, stop=chosen.stop), "trained"

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
