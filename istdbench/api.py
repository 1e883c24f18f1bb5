"""The library's front door, which is imported when one of its functions is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.errors import DataError, UsageError
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.weights import job_of_weights
from istdbench.registry import METHODS, METRICS, REPORTERS, build_dataset
from istdbench.reports.writing import write_reports
from istdbench.runs import run as runs
from istdbench.runs.map_sources import Source, of_folder
from istdbench.scoring.image_counts import Counts, metric_values
from istdbench.scoring.loop import each_image, predictor_of
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import Spec, parse_spec, parse_specs

Names = str | Sequence[str]
"""Names as on the command line, comma-separated; or a list of them."""


def run(
    methods: Names,
    datasets: Names,
    *,
    protocol: str | Path | None = None,
    seeds: Sequence[int] = (0,),
    out: str | Path = "leaderboards",
    train: bool = False,
    force: bool = False,
    weights: str | Path | None = None,
    weights_of_another_protocol: bool = False,
    probes: Sequence[str] = (),
    best_on_test: bool = False,
    maps: str | Path | None = None,
    device: str = "cpu",
) -> list[runs.Outcome]:
    """Run methods on data sets, write records and leaderboards; what `istdbench run` does.

    Args:
        protocol: a protocol's name or file; None takes that of the weights that are named, else the data set's default.
        seeds: one run for each.
        out: folder of the leaderboards and records.
        train: train where there are no weights.
        force: run again what is recorded already.
        weights: of the one learned method of the run: a file, or the data set that they were trained on; None looks for
            those of each run.
        weights_of_another_protocol: they may come from another protocol than the one given, which marks their row.
        probes: names of the efficiency probes to run.
        best_on_test: also record IoU at the threshold that is best on the test images, which is no result.
        maps: folder to keep the score maps in; None keeps none.
        device: "cpu" or "cuda".

    Returns:
        One outcome a run. A run that fails is an outcome with its error.

    Raises:
        UsageError: an unknown name or option.
    """
    settings = runs.Settings(
        out=Path(out),
        train=train,
        force=force,
        weights=None if weights is None else str(weights),
        weights_of_another_protocol=weights_of_another_protocol,
        probes=probes,
        best_on_test=best_on_test,
        maps=None if maps is None else Path(maps),
        device=device,
    )
    rules = None if protocol is None else str(protocol)
    outcomes = list(runs.run(_specs(methods), _specs(datasets), rules, seeds, settings))
    write_reports(settings.out, REPORTERS.all(), METRICS.all())
    return outcomes


def load(
    method: str,
    weights: str | Path | None = None,
    *,
    protocol: str | Path | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Callable[[np.ndarray], np.ndarray]:
    """A method ready to detect, in images from anywhere: `load("mim_istd", "nuaa")`, `load("tophat")`.

    Args:
        method: name, as on the command line.
        weights: of a network: the data set that it was trained on, where its weights come with the package or were
            trained here, or a weights file, which knows the protocol that it was trained by.
        protocol: a protocol's name or file, which it was trained by; None takes that of the file or of the data set.
        seed: of the training.
        device: "cpu" or "cuda".

    Returns:
        A function of a gray image (H, W), float32 in 0..255, that gives its score map (H, W) in [0, 1]. A target is
        where the score is greater than 0.5.

    Raises:
        UsageError: an unknown name or option, a network without weights, or a method that looks at several frames.
        WeightsError: there are no weights, or they do not belong to the method.
        DataError: by the function, an image that is none.
    """
    spec = parse_spec(method)
    found = METHODS.get(spec.name)
    if found.frames > 1:
        raise UsageError(f"method {method!r} looks at {found.frames} frames; use `predict` on a data set of them")
    if weights is None and found.has_weights:
        raise UsageError(f"method {method!r} is a network; give its weights, such as weights='nuaa', or a file")
    path = Path(weights) if weights is not None and (isinstance(weights, Path) or Path(weights).is_file()) else None
    rules = None if protocol is None else str(protocol)
    job = _job(method, str(weights or "synth"), rules, seed) if path is None else job_of_weights(spec, path, rules)
    predictor = job_predictor(job, path, device)

    def detect(image: np.ndarray) -> np.ndarray:
        gray = np.asarray(image, dtype=np.float32)  # whole grey levels would be rounded where an image is stretched
        if gray.ndim != 2 or not gray.size or not np.isfinite(gray).all():
            raise DataError(f"an image is gray, (H, W), and its levels are finite numbers; this one is {gray.shape}")
        return predictor(Sample("image", gray, np.zeros(gray.shape, dtype=bool))).score

    return detect


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
    folder: str | Path, dataset: str, *, split: str | None = None, part: str = "test", threshold: float = 0.5
) -> dict[str, float]:
    """As `evaluate`, for a folder of score maps NAME.npy or NAME.png that anything may have written."""
    return _metrics(of_folder(Path(folder), build_dataset(parse_spec(dataset)), split, part), threshold)


def _metrics(source: Source, threshold: float) -> dict[str, float]:
    counts = Counts(threshold)
    source.show(counts)
    return metric_values(counts.by_name)


def _job(method: str, dataset: str, protocol: str | Path | None, seed: int) -> Job:
    return make_job(parse_spec(method), parse_spec(dataset), None if protocol is None else str(protocol), seed)


def _specs(names: Names) -> list[Spec]:
    return parse_specs(names) if isinstance(names, str) else [parse_spec(name) for name in names]
