"""Predictors: from an image's name and gray image (H, W), 0..255, to its score map (H, W) in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from istdbench.engine.evaluate import ScoreOf
from istdbench.engine.inputs import InputTransform
from istdbench.engine.job import Job
from istdbench.engine.weights import WeightsHeader, fill
from istdbench.methods.thresholds import score_map

Observer = Callable[[str, np.ndarray], None]
"""Is shown the name of an image and a score map of it."""


def ignore(name: str, score: np.ndarray) -> None:
    """Looks at no score map."""


def classical_predictor(job: Job, observe: Observer = ignore) -> ScoreOf:
    """The response of a classical method, scaled so that its threshold lies at 0.5. No training, no resizing.

    Args:
        observe: is shown each score map.
    """
    method = job.method

    def predict(name: str, image: np.ndarray) -> np.ndarray:
        seen = image if method.frames == 1 else job.dataset.sequence(name)[-method.frames :]
        score = score_map(*method.respond(seen, job.options))
        observe(name, score)
        return score

    return predict


def trained_predictor(
    job: Job, weights: Path, device: str = "cpu", observe: Observer = ignore
) -> tuple[ScoreOf, WeightsHeader]:
    """The predictor of a learned method with the weights of a file, and how those were made.

    Args:
        observe: as in `learned_predictor`.

    Raises:
        WeightsError: as `istdbench.engine.weights.fill`.
    """
    network, transform, header = trained_network(job, weights)
    return learned_predictor(network, job.method.in_channels, transform, device, observe), header


def trained_network(job: Job, weights: Path) -> tuple[torch.nn.Module, InputTransform, WeightsHeader]:
    """The network of a learned method with the weights of a file, what its images go through, and how it was made.

    Raises:
        WeightsError: as `istdbench.engine.weights.fill`.
    """
    assert job.method.build is not None
    network = job.method.build(**job.options)
    header = fill(network, job, weights)
    rules = job.protocol.input
    return network, InputTransform(rules.resize, rules.pad, header.mean, header.sd), header


def learned_predictor(
    network: torch.nn.Module, in_channels: int, transform: InputTransform, device: str, observe: Observer = ignore
) -> ScoreOf:
    """A network in evaluation mode, one image at a time, so that no image's score depends on its neighbours.

    Args:
        observe: is shown each score map on the grid that the network saw, without its padding.
    """
    network = network.to(device).eval()

    @torch.inference_mode()
    def predict(name: str, image: np.ndarray) -> np.ndarray:
        seen = transform.tensor(image).expand(-1, in_channels, -1, -1).to(device)
        shape = (image.shape[0], image.shape[1])
        score = transform.unpadded(network(seen).sigmoid(), shape)
        observe(name, score)
        return transform.restore(score, shape)

    return predict
