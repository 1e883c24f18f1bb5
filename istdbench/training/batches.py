"""Training batches whose content is a pure function of (seed, epoch), whatever the workers and after any resume."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from istdbench.datasets.crops import augment
from istdbench.datasets.dataset import Sample
from istdbench.protocols.fields import Training
from istdbench.training.seeds import derive_seed

Batch = tuple[Tensor, Tensor]
"""Images (B, 1, S, S), or sequences (B, frames, S, S), and masks (B, 1, S, S), float32."""


def epoch_order(images: int, seed: int, epoch: int) -> np.ndarray:
    """In which order an epoch shows the images: their numbers, (images) int64."""
    return np.random.default_rng(derive_seed("order", seed, epoch)).permutation(images)


def chances(recipe: Training, seed: int, epoch: int) -> dict[str, Any]:
    """What `istdbench.datasets.crops.draw_crop` draws by in an epoch, of images in standard deviations."""
    return {"seed": seed, "epoch": epoch, "sd": 1.0, **recipe.augmentation.model_dump()}


class EpochOfCrops(Dataset[Batch]):
    """One epoch: item i is the augmented crop of the i-th image of this epoch's order, image and mask (1, S, S).

    Of a sequence the image is (frames, S, S).
    """

    def __init__(self, samples: Sequence[Sample], recipe: Training, seed: int, epoch: int) -> None:
        self.samples, self.chances = samples, chances(recipe, seed, epoch)
        self.order = epoch_order(len(samples), seed, epoch)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Batch:
        image, mask = augment(self.samples[self.order[index]], **self.chances)
        return torch.from_numpy(image.reshape(-1, *mask.shape).copy()), torch.from_numpy(mask.astype(np.float32))[None]


def epoch_loader(samples: Sequence[Sample], recipe: Training, seed: int, epoch: int) -> DataLoader:
    """Batches of one epoch, on the CPU. A last batch that is not full is left out, unless it is the only one: batch
    normalisation over one or two crops would spoil its statistics."""
    return DataLoader(
        EpochOfCrops(samples, recipe, seed, epoch), batch_size=recipe.batch, drop_last=len(samples) >= recipe.batch
    )


def steps_per_epoch(images: int, batch: int) -> int:
    """How many batches an epoch has."""
    return max(1, images // batch)


class Timed:
    """Passes an epoch's batches on, and tells how fast they went and how much of the time their loading took.

    A GPU may still be at the end of a step when the next batch is asked for, so that it waits for that share at most.
    """

    def __init__(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        self.batches = batches
        self.images, self.began, self.seconds, self.waited = 0, 0.0, 0.0, 0.0

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        self.began = asked = time.perf_counter()
        for images, masks in self.batches:
            self.waited += time.perf_counter() - asked
            self.images += len(images)
            yield images, masks
            asked = time.perf_counter()
        self.seconds = time.perf_counter() - self.began

    @property
    def images_per_second(self) -> float:
        """How fast they go, up to now."""
        return self.images / (time.perf_counter() - self.began)

    def row(self) -> dict[str, float]:
        """Columns of the training's log, once the epoch is over."""
        return {
            "images_per_second": round(self.images / self.seconds, 1),
            "share_waiting": round(self.waited / self.seconds, 3),
        }
