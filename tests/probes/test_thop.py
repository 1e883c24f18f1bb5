"""thop's rules on layers small enough to count by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from istdbench.probes.thop import thop_count

COUNTS = [
    # layer, input's shape, parameters, operations
    (nn.Conv2d(4, 6, 3, padding=1), (2, 4, 5, 7), 4 * 6 * 9 + 6, 2 * 6 * 5 * 7 * 4 * 9),
    (nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), (1, 4, 5, 5), 36, 4 * 25 * 9),
    (nn.ConvTranspose2d(4, 6, 2, stride=2), (1, 4, 5, 5), 4 * 6 * 4 + 6, 6 * 100 * 4 * 4),
    (nn.Linear(4, 3), (2, 5, 4), 15, 2 * 5 * 3 * 4),
    (nn.BatchNorm2d(4), (1, 4, 5, 5), 8, 4 * 100),
    (nn.LayerNorm(4, elementwise_affine=False), (2, 5, 4), 0, 2 * 40),
    (nn.Softmax(dim=1), (2, 5), 0, 2 * (5 + 5 + 4)),
    (nn.AvgPool2d(2), (1, 3, 4, 4), 0, 3 * 4),
    (nn.AdaptiveAvgPool2d(1), (1, 3, 4, 4), 0, 3 * (16 + 1)),
    (nn.Upsample(scale_factor=2, mode="bilinear"), (1, 3, 4, 4), 0, 3 * 64 * 11),
    (nn.PReLU(), (1, 3, 4, 4), 1, 48),
    (nn.ReLU(), (1, 3, 4, 4), 0, 0),
]


@pytest.mark.parametrize(("layer", "shape", "parameters", "operations"), COUNTS, ids=lambda part: type(part).__name__)
def test_each_layer_counts_by_its_rule(layer, shape, parameters, operations):
    assert thop_count(nn.Sequential(layer), torch.randn(shape)) == (parameters, operations)


class Odd(nn.Module):
    """A parameter of its own, a layer that is called twice, one that never is, and one of a type without rule."""

    def __init__(self) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.ones(100))
        self.twice = nn.Linear(4, 4)
        self.never = nn.Linear(4, 4)
        self.derived = type("Derived", (nn.Linear,), {})(4, 4)

    def forward(self, x):
        return self.derived(self.twice(self.twice(x))) * self.own.sum()


def test_what_thop_does_not_see_counts_nothing():
    assert thop_count(Odd(), torch.randn(1, 4)) == (20, 2 * 16)


def test_counting_leaves_the_network_as_it_was():
    network = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    thop_count(network, torch.randn(3, 4))
    assert network.training
    assert not any(module._forward_hooks for module in network)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
