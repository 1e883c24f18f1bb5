"""The labels of a training on points: what they are at first, how they change, and what a checkpoint holds of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from istdbench.datasets.dataset import Sample
from istdbench.errors import IstdbenchError
from istdbench.protocols.fields import Evolution, Points
from istdbench.scoring.loop import Predictor
from istdbench.training.label_evolution import evolved
from istdbench.training.points import centroid_points, coarse_points
from istdbench.training.seeds import derive_seed


class PointLabels:
    """Training images with labels in the place of their masks, (H, W) float32 each.

    Args:
        masked: images as the network sees them, with their masks, of which nothing but points is kept.
        seed: of the training; with the name of an image it fixes its coarse points, so that another seed is trained
            on other clicks.
    """

    def __init__(self, masked: Sequence[Sample], rules: Points, seed: int) -> None:
        self.points = [_points(sample, rules, seed) for sample in masked]
        self.samples = [
            replace(sample, mask=_on(points, sample.mask.shape))
            for sample, points in zip(masked, self.points, strict=True)
        ]

    def evolve(self, predict: Predictor, rules: Evolution) -> None:
        """Change the labels by what a network makes of the images as they are in `samples`."""
        for index, (sample, points) in enumerate(zip(self.samples, self.points, strict=True)):
            label = evolved(sample.mask, predict(sample).raw, points, rules)
            self.samples[index] = replace(sample, mask=label)

    def state(self) -> dict[str, Tensor]:
        """All labels, as tensors that a checkpoint can hold: few pixels have one."""
        labels = np.concatenate([sample.mask.ravel() for sample in self.samples])
        places = np.flatnonzero(labels)
        return {
            "pixels": torch.tensor([labels.size]),
            "places": torch.from_numpy(places),
            "levels": torch.from_numpy(labels[places]),
        }

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take in labels as `state` gave them.

        Raises:
            IstdbenchError: they are those of other images.
        """
        pixels, places, levels = (state[name].cpu().numpy() for name in ("pixels", "places", "levels"))
        if pixels.item() != sum(sample.mask.size for sample in self.samples):
            raise IstdbenchError(
                "the labels in the checkpoints are those of other images; bring the images back, or begin anew with "
                "`istdbench train --restart`"
            )
        labels = np.zeros(pixels.item(), dtype=np.float32)
        labels[places] = levels
        self.samples = list(self._with(labels))

    def _with(self, labels: np.ndarray) -> Iterator[Sample]:
        """The images with their parts of all labels."""
        ends = np.cumsum([sample.mask.size for sample in self.samples])[:-1]
        for sample, own in zip(self.samples, np.split(labels, ends), strict=True):
            yield replace(sample, mask=own.reshape(sample.mask.shape))


def _points(sample: Sample, rules: Points, seed: int) -> np.ndarray:
    if rules.at == "centroid":
        return centroid_points(sample.mask)
    return coarse_points(sample.mask, np.random.default_rng(derive_seed("coarse points", seed, sample.name)))


def _on(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A label (H, W) float32 that is 1 at points and 0 elsewhere."""
    label = np.zeros(shape, dtype=np.float32)
    label.flat[points] = 1
    return label
