"""A training whose loss or weights are no longer finite: it is refused by name of the step, and not saved."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import nn

from istdbench.errors import IstdbenchError
from istdbench.jobs.job import Job
from istdbench.training.logs import training_folder


def require_finite_loss(job: Job, loss: float, step: int, epoch: int) -> None:
    """Refuse a loss before anything is kept of the step; step and epoch are counted from 0.

    Raises:
        IstdbenchError: it is NaN or infinite.
    """
    if not math.isfinite(loss):
        raise _diverged(job, f"the loss is {loss} at step {step + 1} (epoch {epoch + 1})")


def require_finite_weights(job: Job, networks: Mapping[str, nn.Module], step: int, epoch: int) -> None:
    """Refuse to keep networks that the last step has spoiled, which no later loss would tell.

    Args:
        networks: by name, such as the network and its moving average.

    Raises:
        IstdbenchError: a weight, or a statistic of batch norm, is NaN or infinite.
    """
    named = [(f"{name} of the {kind}", at) for kind, of in networks.items() for name, at in of.state_dict().items()]
    finite = torch.stack([tensor.isfinite().all() for _, tensor in named]).tolist()  # one wait for a GPU, not hundreds
    for (name, _), is_finite in zip(named, finite, strict=True):
        if not is_finite:
            raise _diverged(job, f"{name} is not finite after step {step + 1} (epoch {epoch + 1})")


def _diverged(job: Job, what: str) -> IstdbenchError:
    return IstdbenchError(
        f"training of {job}: {what}; the checkpoints in {training_folder(job) / 'checkpoints'} stay; lower the "
        f"learning rate with --set training.optimizer.lr={job.protocol.training.optimizer.lr / 2:g}, or clip the "
        "gradient with --set training.clip_norm=1"
    )
