"""From names to a detector: which weights are meant, and what their network sees."""

from __future__ import annotations

from pathlib import Path

from istdbench.detection.detector import Detector, Tile
from istdbench.errors import UsageError, WeightsError
from istdbench.importing.released_weights import meant_weights
from istdbench.jobs.device import check_device
from istdbench.jobs.header import TrainingFacts
from istdbench.jobs.preprocessing import named_protocol
from istdbench.jobs.weights import read_header, shipped_for
from istdbench.methods.method import Learned
from istdbench.metrics.counting import THRESHOLD
from istdbench.protocols.protocol import Protocol
from istdbench.registry import METHODS, build_dataset
from istdbench.released.releases import released_for
from istdbench.scoring.predictors import trained_network
from istdbench.spec import parse_spec


def load(
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
    """A method ready to detect, in images from anywhere: `load("mim_istd", "nuaa")`, `load("tophat")`.

    Args:
        method: name, as on the command line.
        weights: of a network: the data set that it was trained on, where its weights come with the package or were
            trained here, whatever images it is to see; "released" or "released:NAME"; or a weights file.
        protocol: a protocol's name or file, which it was trained by; None takes that of the file or of the data set.
        seed: of the training.
        threshold: a target is where the score is greater than this; None takes what the weights say.
        tile: "auto" sees images that are much larger than the training images in tiles, where the network would see
            them shrunk (`istdbench.detection.tiles`); None sees all images whole; a number is a tile's side in pixels.
        batch: images, or tiles, that the network sees at once; see `Detector.scores`.
        device: "cpu" or "cuda".

    Returns:
        The detector: `detector(image)` is the score map of a gray image (H, W) in 0..255, `detector.detect(image)` its
        detections, `detector.network` the `nn.Module` and `detector.preprocessing` what its images go through.

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
        names = [f"--weights {name}" for name in (*shipped_for(spec), *released_for(spec))]
        there = " or ".join(names) or "none: train it, or give a file"
        raise UsageError(f"method {spec.name!r} is a network and needs weights; the package has {there}")
    path = meant_weights(str(weights), spec, None if protocol is None else str(protocol), seed)
    training = read_header(path).training
    known = [] if protocol is None or training is None else [_trained_by(str(protocol), training, found, path)]
    network, transform, usual = trained_network(found, options, path, *known)
    return Detector(
        found,
        options,
        network,
        transform,
        weights=path,
        trained_side=_trained_side(training) or transform.resize if transform.resize else None,
        threshold=usual if threshold is None else threshold,
        tile=tile,
        batch=batch,
        device=device,
    )


def _trained_by(name: str, training: TrainingFacts, method: Learned, path: Path) -> Protocol:
    """The protocol of that name, by which weights were trained.

    Raises:
        WeightsError: they were not.
    """
    rules = named_protocol(training, method, name)
    if rules is None or rules.training_hash != training.training_hash:
        raise WeightsError(
            f"weights {path} were trained by protocol {training.protocol!r}, not by {name!r} as it is here; leave the "
            "protocol out, or train by it"
        )
    return rules


def _trained_side(training: TrainingFacts | None) -> int | None:
    """The typical side of the images that weights were trained on, in pixels, where their data set says it unread."""
    try:
        return build_dataset(parse_spec(training.dataset)).typical_side if training else None
    except UsageError:  # a data set of a plugin that is not installed
        return None
