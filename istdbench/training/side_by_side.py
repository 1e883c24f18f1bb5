"""Images of any size, and their masks, side by side in one flat tensor each, on the device where they are used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from istdbench.datasets.dataset import Sample

BYTES = 4
"""A pixel's level takes four. As float16, levels of NUAA-SIRST would be up to 0.06 of a grey level off."""


@dataclass(frozen=True)
class SideBySide:
    """Pixel (row, column) of image i stands at `starts[i] + row * shapes[i, 1] + column` of both tensors.

    Attributes:
        levels: (pixels of all images) float32.
        targets: likewise, bool, or float32 where labels are.
        starts: (images) int64.
        shapes: (images, 2) int64, rows and columns.
    """

    levels: Tensor
    targets: Tensor
    starts: np.ndarray
    shapes: np.ndarray


def size_in_bytes(samples: Sequence[Sample]) -> int:
    """What `side_by_side` takes of the device's memory."""
    return sum(BYTES * sample.image.size + sample.mask.nbytes for sample in samples)


def side_by_side(samples: Sequence[Sample], device: torch.device, *, pinned: bool = False) -> SideBySide:
    """Copy images and masks to a device.

    Args:
        pinned: by way of page-locked memory, so that the copy does not wait for what the device is doing; as much of
            it is needed as the images take.
    """
    ends = np.cumsum([0, *(sample.image.size for sample in samples)])
    through = torch.device("cpu") if pinned else device
    levels = torch.empty(ends[-1], dtype=torch.float32, device=through, pin_memory=pinned)
    kind = torch.from_numpy(samples[0].mask).dtype
    targets = torch.empty(ends[-1], dtype=kind, device=through, pin_memory=pinned)
    for sample, start, end in zip(samples, ends, ends[1:], strict=False):
        levels[start:end].view(sample.image.shape).copy_(torch.from_numpy(sample.image))
        targets[start:end].view(sample.mask.shape).copy_(torch.from_numpy(sample.mask))
    shapes = np.array([sample.image.shape for sample in samples])
    return SideBySide(levels.to(device, non_blocking=True), targets.to(device, non_blocking=True), ends[:-1], shapes)
