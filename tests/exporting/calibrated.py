"""Untrained networks whose scores are spread, for comparisons: batch norm has statistics of what it normalises."""

from __future__ import annotations

import torch
from torch import nn

from istdbench.exporting.from_gray import FromGray
from istdbench.methods.method import Learned
from istdbench.registry import METHODS
from istdbench.results import NetworkInput
from istdbench.spec import parse_spec


def calibrated(text: str) -> FromGray:
    """The network of a method with options as typed, its batch norms measured on two images of noise."""
    torch.manual_seed(0)
    spec = parse_spec(text)
    method = METHODS.get(spec.name)
    assert isinstance(method, Learned)
    network = method.build(**method.resolve(spec.options))
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # the statistics of the one batch below
    with torch.no_grad():
        network.train()(torch.randn(2, method.in_channels, 64, 64))
    seen = NetworkInput(resize=None, pad=32, mean=97.5, sd=31.0, channels=method.in_channels)
    return FromGray(network, seen).eval()
