"""The optimizer of a training, and the learning rates that its schedule begins from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from istdbench.errors import UsageError
from istdbench.jobs.job import Job
from istdbench.protocols.fields import Training
from istdbench.training.adagrad import RecordableAdagrad


def build_optimizer(
    job: Job, network: torch.nn.Module, discriminator: torch.nn.Module | None, recorded: bool = False
) -> torch.optim.Optimizer:
    """The optimizer of a job's recipe: one group of parameters for the network, another for its discriminator.

    On CUDA it is the fused one, where PyTorch has it.

    Args:
        recorded: its steps can be, see `istdbench.training.recording`: its learning rates are tensors.

    Raises:
        UsageError: the optimizer refuses its options.
    """
    rules = job.protocol.training.optimizer
    device = next(network.parameters()).device
    options = rules.model_dump(exclude={"type"}, exclude_none=True) | _on(device, rules.type, recorded)
    groups = [{"params": module.parameters()} for module in (network, discriminator) if module is not None]
    kind = RecordableAdagrad if recorded and rules.type == "Adagrad" else getattr(torch.optim, rules.type)
    try:
        optimizer: torch.optim.Optimizer = kind(groups, **options)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"protocol {job.protocol.name}: training.optimizer: {rules.type} refuses its options ({error})"
        ) from error
    if recorded:
        for group in optimizer.param_groups:
            group["lr"] = torch.tensor(group["lr"], dtype=torch.float32, device=device)
    return optimizer


def _on(device: torch.device, kind: str, recorded: bool) -> dict[str, bool]:
    """The options of an optimizer that a recipe does not name, for they change its speed alone."""
    cuda = device.type == "cuda"
    if kind == "Adagrad" or not (cuda or recorded):
        return {}
    return {"fused": True} | ({"capturable": True} if cuda and recorded and kind != "SGD" else {})


def load_state(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Take in a checkpoint's state, but not the options that it was made with, which may be another device's."""
    own = [{name: value for name, value in group.items() if name != "params"} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, options in zip(optimizer.param_groups, own, strict=True):
        group.update(options)


def set_rates(optimizer: torch.optim.Optimizer, rates: Sequence[float]) -> None:
    """Set the learning rate of each group, in its tensor where it is one."""
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def base_rates(recipe: Training) -> list[float]:
    """The learning rate of each group of `build_optimizer`, before the schedule."""
    return [recipe.optimizer.lr] + ([] if recipe.adversarial is None else [recipe.adversarial.lr])
