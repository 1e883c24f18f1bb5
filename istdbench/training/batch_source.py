"""Where batches come from: on the CPU from a loader, on a GPU from the GPU itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader

from istdbench.datasets.dataset import Sample
from istdbench.progress import Counted
from istdbench.protocols.fields import Training
from istdbench.training.batches import Batch, epoch_loader
from istdbench.training.device_batches import DeviceBatches

BatchSource = Callable[[int], Counted[Batch] | DataLoader[Batch]]
"""Gives the batches of an epoch, counted from 0."""

FOR_IMAGES = 0.5
"""Share of a GPU's free memory that images may take; the rest is for what is computed."""


def batch_source(samples: Sequence[Sample], recipe: Training, seed: int, accelerator: Accelerator) -> BatchSource:
    """Batches on the device of a training, where several processes train each one's share of them.

    Sequences are cut on the host: on a device the frames that windows share would lie there as often as these do.

    Raises:
        UsageError: a batch cannot be shared by the processes.
    """
    if accelerator.device.type == "cpu" or samples[0].image.ndim == 3:
        return lambda epoch: accelerator.prepare(epoch_loader(samples, recipe, seed, epoch))
    room = int(FOR_IMAGES * torch.cuda.mem_get_info(accelerator.device)[0])
    share = accelerator.process_index, accelerator.num_processes
    return DeviceBatches(samples, recipe, seed, accelerator.device, room, share)
