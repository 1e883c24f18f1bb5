"""What trained weights say of themselves: what their network sees, and how it was trained."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

import torch

from istdbench.jobs.header import TrainingFacts, WeightsHeader
from istdbench.jobs.job import Job
from istdbench.results import NetworkInput
from istdbench.scoring.inputs import InputTransform
from istdbench.training.checkpoint import Progress
from istdbench.training.precision import computed_in


def trained_header(
    job: Job, transform: InputTransform, progress: Progress, digests: Iterable[str], images: int, device: torch.device
) -> WeightsHeader:
    """The header of the weights that a training has led to.

    Args:
        digests: of the training images, see `TrainingFacts`.
        images: how many there were.
    """
    rules = job.protocol.input
    seen = NetworkInput(
        resize=rules.resize,
        pad=rules.pad,
        mean=transform.mean,
        sd=transform.sd,
        channels=job.learned("it has no weights").in_channels,
    )
    points = job.protocol.training.points
    facts = TrainingFacts(
        dataset=job.dataset.name,
        fingerprint=job.dataset.fingerprint,
        split=job.split,
        part=job.protocol.data.train,
        images=images,
        protocol=job.protocol.name,
        training_hash=job.protocol.training_hash,
        seed=job.seed,
        epochs=progress.epoch,
        steps=progress.steps,
        loss=progress.history[-1]["loss"] or 0.0,
        device=str(device),
        precision=computed_in(job.protocol.training.precision, device.type),
        points=None if points is None else points.at,
        versions={package: version(package) for package in ("istdbench", "torch", "accelerate")},
        digests=tuple(sorted(digests)),
    )
    return WeightsHeader(
        method=job.method.name,
        options=dict(job.options),
        input=seen,
        threshold=job.protocol.scoring.threshold,
        training=facts,
    )
