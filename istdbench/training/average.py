"""Exponential moving average of a network in training: less noise of single steps in the weights that are kept."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class MovingAverage:
    """average = d average + (1 - d) network after each step, with d = min(`decay`, (1 + t) / (10 + t)) at step t.

    The small d of the first steps lets the initial weights be forgotten (Tarvainen and Valpola 2017, Mean teachers,
    appendix B; the form is TensorFlow's). Buffers, such as the statistics of batch norm, are averaged as weights are.

    Args:
        recorded: its updates can be, see `istdbench.training.recording`: 1 - d is a tensor.
    """

    def __init__(self, network: nn.Module, decay: float, recorded: bool = False) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay
        self.weight: float | Tensor = 0.0
        if recorded:
            self.weight = torch.zeros((), device=next(network.parameters()).device)

    def set_step(self, step: int) -> None:
        """Let the next update be the one after step t = `step`, counted from 0."""
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        if isinstance(self.weight, Tensor):
            self.weight.fill_(weight)
        else:
            self.weight = weight

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the network."""
        pairs = list(zip(self.network.state_dict().values(), network.state_dict().values(), strict=True))
        for average, value in pairs:
            if not average.is_floating_point():
                average.copy_(value)
        averages, values = zip(*(pair for pair in pairs if pair[0].is_floating_point()), strict=True)
        if isinstance(self.weight, Tensor):  # a few launches for all of them, where a GPU has one for each
            changes = torch._foreach_sub(values, averages)
            torch._foreach_mul_(changes, self.weight)
            torch._foreach_add_(averages, changes)
        else:
            torch._foreach_lerp_(averages, values, self.weight)
