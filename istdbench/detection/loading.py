"""From names to a detector: which weights are meant, and what their network sees."""

from __future__ import annotations

from pathlib import Path

from istdbench.detection.detector import Detector, Tile
from istdbench.errors import UsageError, WeightsError
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.weights import find_weights, job_of_weights, shipped_weights
from istdbench.metrics.counting import THRESHOLD
from istdbench.registry import DATASETS, METHODS
from istdbench.scoring.predictors import trained_network
from istdbench.spec import Spec, parse_spec


def load_detector(
    method: str,
    weights: str | Path | None = None,
    *,
    protocol: str | Path | None = None,
    seed: int = 0,
    threshold: float | None = None,
    tile: Tile = "auto",
    batch: int = 1,
    device: str = "cpu",
) -> Detector:
    """A method ready to detect, by name.

    Args:
        method: name, with its options.
        weights: of a network: the data set that it was trained on, where its weights come with the package or were
            trained here, whatever the images are that it will see; or a weights file.
        protocol: a protocol's name or file, which it was trained by; None takes that of the file or of the data set.
        seed: of the training.
        threshold: a target is where the score is greater than this; None takes what the weights say.
        tile: see `istdbench.detection.detector.Detector`.
        batch: images, or tiles, that the network sees at once.
        device: "cpu" or "cuda".

    Raises:
        UsageError: an unknown name or option, a network without weights, or weights for a method that has none.
        WeightsError: there are no such weights, or they do not belong to the method.
    """
    check_device(device)
    typed = parse_spec(method)
    found = METHODS.get(typed.name)
    spec, options = found.shortest(typed), found.resolve(typed.options)
    if not found.has_weights:
        if weights is not None:
            raise UsageError(f"method {spec.name!r} is {found.kind}: it has no weights; leave them out")
        return Detector(found, options, threshold=THRESHOLD if threshold is None else threshold, tile=tile)
    if weights is None:
        raise UsageError(f"method {spec.name!r} is a network and needs weights; {_choices(spec)}")
    rules = None if protocol is None else str(protocol)
    job, path = _found(spec, weights, rules, seed)
    network, transform = trained_network(job, path)
    chosen = job.protocol.scoring.threshold if threshold is None else threshold
    return Detector(
        found,
        options,
        network,
        transform,
        weights=path,
        trained_side=job.dataset.typical_side or transform.resize if transform.resize else None,
        threshold=chosen,
        tile=tile,
        batch=batch,
        device=device,
    )


def _found(method: Spec, weights: str | Path, protocol: str | None, seed: int) -> tuple[Job, Path]:
    """The training that made the weights, and their file."""
    if Path(weights).is_file():
        return job_of_weights(method, Path(weights), protocol), Path(weights)
    name = parse_spec(str(weights)).name
    if isinstance(weights, Path) or name not in DATASETS.names():
        raise WeightsError(f"weights {weights}: neither a file nor the name of a data set; {_choices(method)}")
    job = make_job(method, parse_spec(str(weights)), protocol, seed)
    try:
        return job, find_weights(job).path
    except WeightsError as error:
        raise WeightsError(f"{error}; {_choices(method)}") from error


def _choices(method: Spec) -> str:
    """What the package has for a method, as the end of a sentence."""
    shipped = [
        f"{dataset} (by protocol {' and by '.join(protocols)})"
        for dataset, protocols in shipped_weights(method).items()
    ]
    if not shipped:
        return f"the package has none for {method}: train it, or give a file"
    return (
        f"the package has those trained on {', '.join(shipped)}: write --weights {next(iter(shipped_weights(method)))}"
    )
