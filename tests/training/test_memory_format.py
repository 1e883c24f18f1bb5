"""Which networks are laid out with channels last."""

import pytest
import torch

from istdbench.registry import METHODS
from istdbench.training import memory_format


@pytest.mark.parametrize(("method", "expected"), [("acm", True), ("dnanet", True), ("mim_istd", False)])
def test_convolutional_networks_are_told_from_others(method, expected):
    learned = METHODS.get(method)
    network = learned.build(**learned.resolve({}))
    assert memory_format.is_convolutional(network) == expected


def test_on_a_cpu_nothing_is_laid_out_anew():
    network = torch.nn.Conv2d(3, 4, 3)
    memory_format.place(network, torch.device("cpu"))
    assert network.weight.is_contiguous()
