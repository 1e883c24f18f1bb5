"""How kernels of convolutions lie in memory."""

import pytest
import torch

from istdbench.training import memory_format


def test_on_a_cpu_nothing_is_laid_out_anew():
    network = torch.nn.Conv2d(3, 4, 3)
    memory_format.place(network, torch.device("cpu"))
    assert network.weight.is_contiguous()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_channels_are_last():
    network = torch.nn.Conv2d(3, 4, 3)
    memory_format.place(network, torch.device("cuda"))
    assert network.weight.is_contiguous(memory_format=torch.channels_last)
