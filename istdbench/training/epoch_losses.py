"""The losses of an epoch, which stay on the device until somebody looks: a look waits for all steps before it."""

from __future__ import annotations

import torch
from torch import Tensor

from istdbench.jobs.job import Job
from istdbench.training.checkpoint import Progress
from istdbench.training.divergence import require_finite_loss

LOOK_EVERY = {"cpu": 1, "cuda": 16}
"""Steps between two looks, by device. On a CPU, a look costs nothing."""


class EpochLosses:
    """The losses of one epoch's steps.

    Args:
        begun: how far the training is; it may be inside the epoch.
        every: steps between two looks.
    """

    def __init__(self, job: Job, begun: Progress, every: int) -> None:
        self.job, self.epoch, self.every = job, begun.epoch, every
        self.first = begun.steps - len(begun.losses)
        self.seen = list(begun.losses)
        self.unseen: list[Tensor] = []

    def add(self, losses: Tensor) -> None:
        """Take in the losses (n,) of the next step, one a descent, and look at them with those before when it is time.

        Raises:
            IstdbenchError: as `look`.
        """
        self.unseen.append(losses)
        if len(self.unseen) >= self.every:
            self.look()

    def look(self) -> None:
        """Look at the losses that nobody has seen yet.

        Raises:
            IstdbenchError: one is not finite; the message names its step.
        """
        unseen, self.unseen = self.unseen, []
        for losses in torch.stack(unseen).tolist() if unseen else []:
            for loss in losses:
                require_finite_loss(self.job, loss, self.first + len(self.seen), self.epoch)
            self.seen.append(sum(losses))

    @property
    def mean(self) -> float:
        """Over the steps that were looked at."""
        return sum(self.seen) / len(self.seen)
