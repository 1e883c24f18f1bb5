"""Untrained networks whose scores are spread, for comparisons: batch norm has statistics of what it normalises."""

from __future__ import annotations

import torch
from torch import nn

from istdbench.exporting.from_gray import FromGray
from istdbench.methods.convolutional.networks.mdvsfa import MDvsFA
from istdbench.methods.method import Learned
from istdbench.registry import METHODS
from istdbench.results import NetworkInput
from istdbench.spec import parse_spec


class Spread(nn.Module):
    """A network's logits with mean 0 and deviation 2: untrained ones stay at rare targets, where a sigmoid is flat."""

    def __init__(self, network: nn.Module, image: torch.Tensor) -> None:
        super().__init__()
        self.network = network
        logits = network(image)
        self.mean, self.gain = float(logits.mean()), 2 / float(logits.std())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return (self.network(image) - self.mean) * self.gain


def calibrated(text: str) -> FromGray:
    """The network of a method with options as typed, its batch norms measured on two images of noise."""
    torch.manual_seed(0)
    spec = parse_spec(text)
    method = METHODS.get(spec.name)
    assert isinstance(method, Learned)
    network = method.build(**method.resolve(spec.options))
    if isinstance(network, MDvsFA):  # cuts its scores to 0..1, so that `Spread` would magnify the rounding of 0 and 1
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d)]
    for norm in norms:
        norm.momentum = None  # the statistics of the one batch below
    image = torch.randn(2, method.channels, 64, 64)
    with torch.no_grad():
        network.train()(image)
        for norm in norms:
            assert norm.running_var is not None
            norm.running_var.clamp_(min=0.3)  # that of pooled maps is next to nothing, and would magnify rounding
        spread = network.eval()(image).sigmoid().std() > 0.1
        network = network if spread else Spread(network, image)
    seen = NetworkInput(resize=None, pad=32, mean=97.5, sd=31.0, channels=method.in_channels)
    return FromGray(network, seen, method.frames).eval()
