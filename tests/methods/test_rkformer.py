"""RKformer: the Runge-Kutta step and attention by random connections."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
import torch
from torch import nn

from istdbench.methods.convolutional.networks.random_connections import (
    CONNECTIONS,
    HEAD_DIM,
    INPUTS,
    PARTS,
    RandomConnectionAttention,
    Reservoir,
)
from istdbench.methods.convolutional.networks.rkformer import RKformer, RungeKuttaStep


class Rate(nn.Module):
    """h A y, the rate of a linear differential equation times a step."""

    def __init__(self, matrix: torch.Tensor) -> None:
        super().__init__()
        self.matrix = matrix

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        return y @ self.matrix.mT


def test_a_step_of_half_the_length_is_eight_times_as_near_to_the_solution():
    torch.manual_seed(0)
    matrix, y = torch.randn(5, 5, dtype=torch.float64), torch.randn(1, 5, dtype=torch.float64)

    def error(h: float) -> float:
        step = RungeKuttaStep(Rate(h * matrix), Rate(h * matrix))
        return (step(y) - y @ torch.matrix_exp(h * matrix).mT).norm().item()

    assert error(1e-3) / error(5e-4) == pytest.approx(8, rel=0.01)


def test_the_second_rate_is_taken_where_the_first_one_leads():
    assert RungeKuttaStep(nn.Hardtanh(-3, 3), nn.Hardtanh(-1, 1))(torch.tensor([2.0, 0.5])).tolist() == [3.5, 1.25]


@torch.no_grad()
def test_each_token_is_a_mixture_of_those_that_it_is_connected_to_and_of_no_other():
    torch.manual_seed(0)
    height, width, channels = 5, 7, 64
    attention = RandomConnectionAttention(channels, Random(3)).double()
    tokens = torch.randn(1, height * width, channels, dtype=torch.float64)
    found = attention(tokens, height, width)[0].numpy()
    states = attention.reservoir(tokens)[0].numpy()
    query, value, last, bias = (
        t.numpy() for t in (attention.query.weight, attention.value.weight, attention.last.weight, attention.last.bias)
    )
    for row in range(height):
        for column in range(width):
            n, others = row * width + column, []
            for down, right in attention.connections.tolist():
                there = (row + down * height // PARTS) % height, (column + right * width // PARTS) % width
                others.append(there[0] * width + there[1])
            mixed = []
            for head in range(channels // HEAD_DIM):
                part = slice(head * HEAD_DIM, (head + 1) * HEAD_DIM)
                scores = [(query @ states[n])[part] @ states[m][part] / math.sqrt(HEAD_DIM) for m in others]
                weights = np.exp(scores) / np.exp(scores).sum()
                values = [(value @ tokens[0, m].numpy())[part] for m in others]
                mixed.append(sum(w * v for w, v in zip(weights, values, strict=True)))
            np.testing.assert_allclose(found[n], last @ np.concatenate(mixed) + bias, atol=1e-12)


@pytest.mark.parametrize(("height", "width"), [(8, 12), (1, 1), (3, 130)])
def test_a_token_is_connected_to_itself_and_each_is_as_often_connected_to_as_any_other(height, width):
    attention = RandomConnectionAttention(HEAD_DIM, Random(0))
    connected = attention.connected(height, width)
    every = torch.arange(height * width)
    assert connected.shape == (CONNECTIONS, height * width)
    assert torch.equal(connected[0], every)
    assert all(torch.equal(step.sort().values, every) for step in connected)


@torch.no_grad()
def test_the_reservoir_is_a_sparse_random_matrix_that_nothing_trains():
    reservoir = Reservoir(32, Random(1)).double()
    matrix = torch.zeros(32, 32, dtype=torch.float64)
    for source, sign in zip(reservoir.sources, reservoir.signs, strict=True):
        matrix[torch.arange(32), source] += sign
    tokens = torch.randn(2, 9, 32, dtype=torch.float64)
    torch.testing.assert_close(reservoir(tokens), (tokens @ matrix.mT / math.sqrt(INPUTS)).tanh())
    assert not list(reservoir.parameters())


@torch.no_grad()
def test_random_connections_are_the_same_in_every_network_and_travel_with_its_weights():
    torch.manual_seed(0)
    first = RKformer(1).eval()
    torch.manual_seed(1)
    second = RKformer(1).eval()
    drawn = {name: tensor for name, tensor in first.named_buffers() if "attention" in name}
    assert len(drawn) == 4 * 2 * 3  # blocks, encoders, buffers
    assert all(torch.equal(tensor, second.get_buffer(name)) for name, tensor in drawn.items())
    assert drawn.keys() < first.state_dict().keys()
    for name in drawn:
        if name.endswith("connections"):
            second.get_buffer(name).copy_(torch.randint(PARTS, (CONNECTIONS, 2)))
    image = torch.randn(1, 1, 64, 64)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(image), second(image))
