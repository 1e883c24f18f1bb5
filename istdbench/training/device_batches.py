"""Training batches that are made on the device from images that lie there; no process beside the training's own.

They are those of `istdbench.training.batches.epoch_loader`, by the same draws, and as much a function of (seed, epoch).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from istdbench.datasets.crops import Draw, draw_crop
from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.progress import Counted
from istdbench.protocols.fields import Training
from istdbench.training.batched_crops import batched_crops
from istdbench.training.batches import Batch, chances, epoch_order, steps_per_epoch
from istdbench.training.side_by_side import side_by_side, size_in_bytes


class DeviceBatches:
    """Batches of any epoch, on a device.

    Images that fit stay there from the beginning. Of a set that does not fit, each batch brings the squares that it
    is made of, through page-locked memory.

    Args:
        samples: as a network sees them, in standard deviations.
        room: bytes of the device that images may take.
        share: which of how many equal parts of each batch this process trains on.

    Raises:
        UsageError: a batch has no such parts.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        recipe: Training,
        seed: int,
        device: torch.device,
        room: int,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        if recipe.batch % share[1]:
            raise UsageError(
                f"a batch of {recipe.batch} cannot be shared by {share[1]} processes; --set training.batch to a "
                f"multiple of {share[1]}, or start another number of them"
            )
        self.samples, self.recipe, self.seed, self.device, self.share = samples, recipe, seed, device, share
        self.resident = side_by_side(samples, device) if size_in_bytes(samples) <= room else None

    def __call__(self, epoch: int) -> Counted[Batch]:
        """The batches of an epoch, this process's share of each."""
        return Counted(self._batches(epoch), steps_per_epoch(len(self.samples), self.recipe.batch))

    def _batches(self, epoch: int) -> Iterator[Batch]:
        batch, order = self.recipe.batch, epoch_order(len(self.samples), self.seed, epoch)
        for step in range(steps_per_epoch(len(order), batch)):
            yield self._batch(self._own(order[step * batch : (step + 1) * batch]), epoch)

    def _own(self, numbers: np.ndarray) -> np.ndarray:
        """This process's share. Of a batch that is not full some images are in two, so that all are equally large."""
        which, of = self.share
        return np.resize(numbers, (of, -(-len(numbers) // of)))[which]

    def _batch(self, numbers: np.ndarray, epoch: int) -> Batch:
        rules, crop = chances(self.recipe, self.seed, epoch), self.recipe.augmentation.crop
        samples = [self.samples[number] for number in numbers]
        draws = [draw_crop(sample, **rules) for sample in samples]
        if self.resident is not None:
            return batched_crops(self.resident, numbers, draws, crop)
        squares = [_square(sample, draw) for sample, draw in zip(samples, draws, strict=True)]
        images = side_by_side(squares, self.device, pinned=self.device.type != "cpu")
        inside = [draw._replace(top=0, left=0) for draw in draws]
        return batched_crops(images, np.arange(len(squares)), inside, crop)


def _square(sample: Sample, draw: Draw) -> Sample:
    """The part of an image that a draw takes of it."""
    inside = slice(draw.top, draw.top + draw.side), slice(draw.left, draw.left + draw.side)
    return replace(sample, image=sample.image[inside], mask=sample.mask[inside])
