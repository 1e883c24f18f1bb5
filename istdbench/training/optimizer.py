"""The optimizer of a training, and the learning rates that its schedule begins from."""

from __future__ import annotations

import torch

from istdbench.errors import UsageError
from istdbench.jobs.job import Job
from istdbench.protocols.fields import Training


def build_optimizer(job: Job, network: torch.nn.Module, discriminator: torch.nn.Module | None) -> torch.optim.Optimizer:
    """The optimizer of a job's recipe: one group of parameters for the network, another for its discriminator.

    Raises:
        UsageError: the optimizer refuses its options.
    """
    rules = job.protocol.training.optimizer
    options = rules.model_dump(exclude={"type"}, exclude_none=True)
    groups = [{"params": module.parameters()} for module in (network, discriminator) if module is not None]
    try:
        return getattr(torch.optim, rules.type)(groups, **options)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"protocol {job.protocol.name}: training.optimizer: {rules.type} refuses its options ({error})"
        ) from error


def base_rates(recipe: Training) -> list[float]:
    """The learning rate of each group of `build_optimizer`, before the schedule."""
    return [recipe.optimizer.lr] + ([] if recipe.adversarial is None else [recipe.adversarial.lr])
