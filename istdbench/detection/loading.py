"""From names to a detector: which weights are meant, and what their network sees."""

from __future__ import annotations

from pathlib import Path

from istdbench.detection.detector import Detector, Tile
from istdbench.errors import UsageError, WeightsError
from istdbench.jobs.device import check_device
from istdbench.jobs.job import make_job
from istdbench.jobs.weights import find_weights, job_of_weights, read_header, shipped_weights
from istdbench.methods.method import Learned
from istdbench.metrics.counting import THRESHOLD
from istdbench.protocols.protocol import Protocol
from istdbench.registry import DATASETS, METHODS, build_dataset
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
    if not isinstance(found, Learned):
        if weights is not None:
            raise UsageError(f"method {spec.name!r} is {found.kind}: it has no weights; leave them out")
        return Detector(found, options, threshold=THRESHOLD if threshold is None else threshold, tile=tile)
    if weights is None:
        raise UsageError(f"method {spec.name!r} is a network and needs weights; {_choices(spec)}")
    path, known = _found(spec, weights, None if protocol is None else str(protocol), seed)
    network, transform, usual = trained_network(found, options, path, *known)
    return Detector(
        found,
        options,
        network,
        transform,
        weights=path,
        trained_side=_trained_side(path) or transform.resize if transform.resize else None,
        threshold=usual if threshold is None else threshold,
        tile=tile,
        batch=batch,
        device=device,
    )


def _found(method: Spec, weights: str | Path, protocol: str | None, seed: int) -> tuple[Path, list[Protocol]]:
    """The file of the weights, and the protocol that they were trained by where a person named it or the data set."""
    if Path(weights).is_file():
        path = Path(weights)
        return path, [job_of_weights(method, path, protocol).protocol] if protocol else []
    if isinstance(weights, Path) or parse_spec(weights).name not in DATASETS.names():
        raise WeightsError(f"weights {weights}: neither a file nor the name of a data set; {_choices(method)}")
    job = make_job(method, parse_spec(weights), protocol, seed)
    try:
        return find_weights(job).path, [job.protocol]
    except WeightsError as error:
        raise WeightsError(
            f"no weights for {job}; {_choices(method)}, or train others: istdbench train {method} --dataset "
            f"{job.dataset.name} --protocol {job.protocol.name} --seed {seed}"
        ) from error


def _trained_side(weights: Path) -> int | None:
    """The typical side of the images that weights were trained on, in pixels, where their data set says it unread."""
    training = read_header(weights).training
    try:
        return build_dataset(parse_spec(training.dataset)).typical_side if training else None
    except UsageError:  # a data set of a plugin that is not installed
        return None


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
