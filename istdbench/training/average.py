"""Exponential moving average of a network in training: less noise of single steps in the weights that are kept."""

from __future__ import annotations

import copy

import torch
from torch import nn


class MovingAverage:
    """average = d average + (1 - d) network after each step, with d = min(`decay`, (1 + t) / (10 + t)) at step t.

    The small d of the first steps lets the initial weights be forgotten (Tarvainen and Valpola 2017, Mean teachers,
    appendix B; the form is TensorFlow's). Buffers, such as the statistics of batch norm, are averaged as weights are.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the network after step t = `step`, counted from 0."""
        weight = 1 - min(self.decay, (1 + step) / (10 + step))
        for average, value in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if average.is_floating_point():
                average.lerp_(value, weight)
            else:
                average.copy_(value)
