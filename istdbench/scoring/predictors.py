"""Predictors: from an image to its score map. Here it is decided what predicts: a network, or a classical method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from istdbench.datasets.dataset import Sample
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job
from istdbench.jobs.preprocessing import preprocessing
from istdbench.jobs.weights import filled_network, find_weights
from istdbench.methods.answers import check_logits
from istdbench.methods.method import Classical, Learned
from istdbench.ops.compile_ahead import compile_ahead
from istdbench.plugins.guard import calling
from istdbench.progress import Track, silent
from istdbench.protocols.protocol import Protocol
from istdbench.results import NetworkInput
from istdbench.scoring.inputs import InputTransform
from istdbench.scoring.loop import Maps, Predictor
from istdbench.spec import Scalar


def job_predictor(job: Job, weights: Path | None = None, device: str = "cpu", track: Track = silent) -> Predictor:
    """What predicts for a job; a network sees what the file of its weights says, whatever the protocol.

    Args:
        weights: a learned method's file; None looks for one where trainings and the package keep theirs.
        track: may show what the first image waits for.

    Raises:
        UsageError: the device is not here.
        WeightsError: there are no weights, or they do not belong to the method.
    """
    check_device(device)
    method = job.method
    if isinstance(method, Classical):
        return classical_predictor(job, method)
    assert isinstance(method, Learned), f"{method.name} is of no known kind"
    path = weights or find_weights(job).path
    network, transform, _ = trained_network(method, job.options, path, job.protocol)
    return job_network_predictor(job, network, transform, device, track)


def classical_predictor(job: Job, method: Classical) -> Predictor:
    """The score map of a classical method, which sees an image, or a sequence that ends with it, at native size."""

    def predict(sample: Sample) -> Maps:
        score = classical_score(method, job.dataset.seen(sample, method.frames), job.options)
        return Maps(score, score)

    return predict


def classical_score(method: Classical, seen: np.ndarray, options: Mapping[str, Scalar]) -> np.ndarray:
    """As `Classical.score`, of a copy of the image: whatever the method does to that stays its own.

    Raises:
        PluginError: it tried to end the program.
    """
    with calling(f"method {method.name}"):
        return method.score(seen.copy(), options)


class TrainedNetwork(NamedTuple):
    """What a weights file makes of a method: it needs neither data set nor protocol.

    Attributes:
        network: with the weights, as it was built: not yet in evaluation mode.
        transform: what its images go through.
        threshold: a target is where the score, the sigmoid of the network's output, is greater.
    """

    network: nn.Module
    transform: InputTransform
    threshold: float


def trained_network(method: Learned, options: Mapping[str, Scalar], weights: Path, *known: Protocol) -> TrainedNetwork:
    """The network of a method with the weights of a file.

    Args:
        options: every option of the method, see `Method.resolve`.
        known: as of `istdbench.jobs.preprocessing.preprocessing`.

    Raises:
        WeightsError: as `istdbench.jobs.weights.filled_network` and `preprocessing`.
    """
    network, header = filled_network(method, options, weights)
    seen, threshold = preprocessing(header, weights, *known)
    return TrainedNetwork(network, transform_of(seen), threshold)


def transform_of(seen: NetworkInput) -> InputTransform:
    """The transform that gives a network what it sees."""
    return InputTransform(seen.resize, seen.pad, seen.mean, seen.sd, seen.pad_always)


def job_network_predictor(
    job: Job, network: nn.Module, transform: InputTransform, device: str, track: Track = silent
) -> Predictor:
    """A job's network as `network_predictor`; one of several frames sees the sequence that ends with the image."""
    method = job.learned("it has no network")
    look = batch_predictor(network, method.channels, transform, device, track)
    return lambda sample: look([job.dataset.seen(sample, method.frames)])[0]


def network_predictor(
    network: nn.Module, in_channels: int, transform: InputTransform, device: str, track: Track = silent
) -> Predictor:
    """A network in evaluation mode, one image at a time, so that no image's score depends on its neighbours."""
    look = batch_predictor(network, in_channels, transform, device, track)
    return lambda sample: look([sample.image])[0]


def batch_predictor(
    network: nn.Module, channels: int, transform: InputTransform, device: str, track: Track = silent
) -> Callable[[Sequence[np.ndarray]], list[Maps]]:
    """A network in evaluation mode that sees several gray images (H, W), or sequences (frames, H, W), at once.

    They need one size, or a transform that gives them one. In a batch, libraries choose other algorithms than for a
    single image, so that scores may differ from those of one at a time by some 1e-6. What is no answer of a network is
    refused by a DataError, see `istdbench.methods.answers`.
    """
    network, compiled = network.to(device).eval(), False

    @torch.inference_mode()
    def look(images: Sequence[np.ndarray]) -> list[Maps]:
        nonlocal compiled
        seen = torch.cat([transform.tensor(image) for image in images])
        batch = seen.expand(-1, channels, -1, -1).to(device)
        with calling("the network"):
            if not compiled:
                compile_ahead(network, batch, track=track)
                compiled = True
            logits = network(batch)
        check_logits(logits, batch)
        return [_maps(transform, score[None], image) for score, image in zip(logits.sigmoid(), images, strict=True)]

    return look


def _maps(transform: InputTransform, score: torch.Tensor, image: np.ndarray) -> Maps:
    shape = (image.shape[-2], image.shape[-1])
    raw = transform.unpadded(score, shape)
    return Maps(transform.restore(raw, shape), raw)
