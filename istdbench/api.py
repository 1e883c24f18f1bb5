"""The library's front door, which is imported when one of its functions is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from istdbench.errors import UsageError
from istdbench.jobs.job import Job, make_job
from istdbench.registry import METRICS, REPORTERS, build_dataset
from istdbench.reports.writing import write_reports
from istdbench.results import RECORDS, Store
from istdbench.runs import run as runs
from istdbench.runs.from_predictions import About, record_predictions
from istdbench.runs.map_sources import Source, of_folder
from istdbench.runs.supervised import Limits
from istdbench.scoring.image_counts import Counts, metric_values
from istdbench.scoring.loop import each_image, predictor_of
from istdbench.scoring.predictors import job_predictor
from istdbench.scoring.reading import Reading
from istdbench.scoring.threshold import check_threshold
from istdbench.spec import Spec, parse_spec, parse_specs

Names = str | Sequence[str]
"""Names as on the command line, comma-separated; or a list of them."""


def run(
    methods: Names,
    datasets: Names,
    *,
    protocol: str | Path | None = None,
    changes: Mapping[str, object] = MappingProxyType({}),
    seeds: Sequence[int] = (0,),
    out: str | Path = "leaderboards",
    train: bool = False,
    logs: Sequence[str] = (),
    force: bool = False,
    weights: str | Path | None = None,
    weights_of_another_protocol: bool = False,
    probes: Sequence[str] = (),
    best_on_test: bool = False,
    maps: str | Path | None = None,
    device: str = "cpu",
    isolate: bool | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> list[runs.Outcome]:
    """Run methods on data sets, write records and leaderboards; what `istdbench run` does.

    Args:
        protocol: a protocol's name or file; None takes that of the weights that are named, else the data set's default.
        changes: fields of the protocol that are set, such as `{"training.epochs": 5}`.
        seeds: one run for each.
        out: folder of the leaderboards and records.
        train: train where there are no weights.
        logs: of a training, beside its `log.csv`: "tensorboard", "wandb".
        force: run again what is recorded already.
        weights: of the one learned method of the run: a file, or the data set that they were trained on; None looks for
            those of each run.
        weights_of_another_protocol: they may come from another protocol than the one given, which marks their row.
        probes: names of the efficiency probes to run.
        best_on_test: also record IoU at the threshold that is best on the test images, which is no result.
        maps: folder to keep the score maps in; None keeps none.
        device: "cpu" or "cuda".
        isolate: each job in a process of its own; None takes those of methods that are not built in.
        time_limit, memory_limit: of such a process, in seconds and in bytes; each isolates every job.

    Returns:
        One outcome a run. A run that fails is an outcome with its error.

    Raises:
        UsageError: an unknown name or option.
    """
    settings = runs.Settings(
        out=Path(out),
        train=train,
        logs=logs,
        force=force,
        weights=None if weights is None else str(weights),
        weights_of_another_protocol=weights_of_another_protocol,
        probes=probes,
        best_on_test=best_on_test,
        maps=None if maps is None else Path(maps),
        device=device,
        isolate=True if (time_limit, memory_limit) != (None, None) else isolate,
        limits=Limits(time_limit, memory_limit),
    )
    rules = None if protocol is None else str(protocol)
    outcomes = list(runs.run(_specs(methods), _specs(datasets), rules, seeds, settings, changes))
    write_reports(settings.out, REPORTERS.all(), METRICS.all())
    return outcomes


def predict(
    method: str,
    dataset: str,
    *,
    part: str = "test",
    protocol: str | Path | None = None,
    seed: int = 0,
    weights: str | Path | None = None,
    device: str = "cpu",
) -> Iterator[tuple[str, np.ndarray]]:
    """The score maps of a data set's images, just as `run` scores them.

    A map is no number: nothing is said of weights that were trained on these very images, which `run` refuses.

    Args:
        method, dataset, protocol: as `run`.
        part: of the protocol's split.
        seed: of the training of a network's weights.
        weights: file of a network's weights, which sees images as the file says; None looks for one.
        device: "cpu" or "cuda".

    Yields:
        The name of an image, and its score map (H, W) in [0, 1].

    Raises:
        UsageError: an unknown name, option or part.
        WeightsError: there are no weights, or they do not belong to the method.
        DataError: the data are not there.
    """
    job = _job(method, dataset, protocol, seed)
    names = job.dataset.names(job.split, part)
    predictor = job_predictor(job, None if weights is None else Path(weights), device)
    return ((sample.name, maps.score) for sample, maps in each_image(predictor, job.dataset, names))


def evaluate(
    score_of: Callable[[str, np.ndarray], np.ndarray],
    dataset: str,
    *,
    split: str | None = None,
    part: str = "test",
    threshold: float = 0.5,
) -> dict[str, float]:
    """Every metric of any detector on a part of a data set.

    Args:
        score_of: maps an image's name and its gray image (H, W), float32 in 0..255, to a score map (H, W) in [0, 1].
        dataset: name, as on the command line.
        split: named split; None takes the data set's default.
        threshold: a target is where the score is greater than this.

    Returns:
        Values by metric name; NaN where one is undefined.

    Raises:
        UsageError: an unknown data set, split or part.
        DataError: the data are not there, or a score map does not fit its image.
    """
    data = build_dataset(parse_spec(dataset))
    return _metrics(Source("a detector", predictor_of(score_of), data, split or data.default_split, part), threshold)


def score(
    folder: str | Path,
    dataset: str,
    *,
    split: str | None = None,
    part: str | None = None,
    threshold: float | None = None,
    scale: float | None = None,
    resize: Literal["nearest", "bilinear"] | None = None,
    name: str | None = None,
    protocol: str | Path | None = None,
    parameters: float | None = None,
    gmacs: float | None = None,
    url: str = "",
    seed: int = 0,
    out: str | Path = "leaderboards",
) -> dict[str, float]:
    """Every metric of a folder of score maps, one file an image by its name, that anything may have written.

    Args:
        dataset: name, as on the command line.
        split, part, threshold: as `evaluate`; where a record is made, the protocol says them.
        scale: the level that means a score of 1; None takes 255 in files of 8 bits, 65535 in 16 bits, else 1, and
            refuses a folder that does not reach half of it.
        resize: how maps of another size are stretched to their images; None refuses them.
        name: makes a record of this name, and writes the leaderboards, as `istdbench score --name` does. The others
            are of that record: its protocol, None for the data set's default; what the authors state of the method's
            parameters, GMACs and address; the seed of its training; the folder of the leaderboards.

    Returns:
        Values by metric name; NaN where one is undefined.

    Raises:
        UsageError: an unknown data set, split, part or protocol; an option that goes with a record, or against one.
        DataError: the data or a map is not there, or the maps are not what they are read as.
    """
    reading, where = Reading(scale, resize), Path(folder)
    if name is None:
        if protocol is not None:
            raise UsageError("a protocol goes with a name, which makes a record")
        source = of_folder(where, build_dataset(parse_spec(dataset)), split, part, reading)
        return _metrics(source, 0.5 if threshold is None else threshold)
    if (split, part, threshold) != (None, None, None):
        raise UsageError("split, part and threshold are the protocol's where a record is made; leave them out")
    about = About(parse_spec(name), parameters, gmacs, url, seed)
    store, rules = Store(Path(out) / RECORDS), None if protocol is None else str(protocol)
    record = record_predictions(where, parse_spec(dataset), about, store, protocol=rules, reading=reading)
    write_reports(Path(out), REPORTERS.all(), METRICS.all())
    return {metric: record.metrics.value(metric) for metric in record.metrics.values}


def _metrics(source: Source, threshold: float) -> dict[str, float]:
    check_threshold(threshold)
    counts = Counts(threshold)
    source.show(counts)
    counts.warn_of_odd_maps()
    return metric_values(counts.by_name, source.dataset.truth)


def _job(method: str, dataset: str, protocol: str | Path | None, seed: int) -> Job:
    return make_job(parse_spec(method), parse_spec(dataset), None if protocol is None else str(protocol), seed)


def _specs(names: Names) -> list[Spec]:
    return parse_specs(names) if isinstance(names, str) else [parse_spec(name) for name in names]
