"""The moving average of a network, against its sum written out."""

import torch
from torch import nn

from istdbench.training.average import MovingAverage


def test_the_average_is_the_weighted_sum_of_all_steps():
    network = nn.BatchNorm1d(1)
    average = MovingAverage(network, 0.5)
    values = [4.0, 2.0, -1.0, 8.0, 3.0]
    expected = network.weight.item()
    for step, value in enumerate(values):
        nn.init.constant_(network.weight, value)
        network.running_var.fill_(value)
        average.set_step(step)
        average.update(network)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert torch.isclose(average.network.weight, torch.tensor(expected))
    assert torch.isclose(average.network.running_var, torch.tensor(expected))


def test_a_count_of_steps_is_copied_not_averaged():
    network = nn.BatchNorm1d(1)
    average = MovingAverage(network, 0.9)
    network.num_batches_tracked.fill_(7)
    average.set_step(0)
    average.update(network)
    assert average.network.num_batches_tracked == 7


def test_the_network_in_training_is_another_one():
    network = nn.Linear(2, 2)
    average = MovingAverage(network, 0.9)
    assert average.network.weight.data_ptr() != network.weight.data_ptr()
    assert network.weight.requires_grad
