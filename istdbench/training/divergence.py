"""A training whose loss or weights are no longer finite: it is refused by name of the step, and not saved."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import nn

from istdbench.errors import IstdbenchError
from istdbench.jobs.job import Job
from istdbench.training.logs import training_folder


def require_finite_loss(job: Job, loss: float, step: int, epoch: int) -> None:
    """Refuse a loss before its gradient is followed; step and epoch are counted from 0.

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
    for kind, network in networks.items():
        for name, tensor in network.state_dict().items():
            if not tensor.isfinite().all():
                raise _diverged(job, f"{name} of the {kind} is not finite after step {step + 1} (epoch {epoch + 1})")


def _diverged(job: Job, what: str) -> IstdbenchError:
    return IstdbenchError(
        f"training of {job}: {what}; the checkpoints in {training_folder(job) / 'checkpoints'} stay; lower the "
        f"learning rate with --set training.optimizer.lr={job.protocol.training.optimizer.lr / 2:g}, or clip the "
        "gradient with --set training.clip_norm=1"
    )
