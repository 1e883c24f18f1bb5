"""ISNet: its parts against the formulas of its docstring."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.isnet import TOAA, EdgeBlock, GatedConv, ISNet, gradient


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_the_gradient_is_the_size_of_neighbours_differences():
    image = torch.randn(2, 3, 5, 6, dtype=torch.float64)
    around = F.pad(image, (1, 1, 1, 1))
    slow = torch.empty_like(image)
    for i in range(5):
        for j in range(6):
            down = around[:, :, i + 2, j + 1] - around[:, :, i, j + 1]
            across = around[:, :, i + 1, j + 2] - around[:, :, i + 1, j]
            slow[:, :, i, j] = (down**2 + across**2 + 1e-6) ** 0.5
    torch.testing.assert_close(gradient(image), slow)


def test_a_flat_image_has_a_finite_derivative_of_its_gradient():
    image = torch.zeros(1, 1, 8, 8, requires_grad=True)
    gradient(image).sum().backward()
    assert image.grad.isfinite().all()


@torch.no_grad()
def test_attention_along_rows_reads_a_row_and_along_columns_a_column():
    block = TOAA(4)
    deep, shallow = torch.randn(1, 4, 7, 7), torch.randn(1, 4, 7, 7)
    changed = deep.clone()
    changed[..., 3, 3] += 1
    moved = (block(deep, shallow) != block(changed, shallow)).any(1)[0]
    cross = torch.zeros(7, 7, dtype=torch.bool)
    cross[3, 2:5] = cross[2:5, 3] = True  # untrained, no tap is displaced
    assert torch.equal(moved, cross)


@torch.no_grad()
def test_the_aggregate_is_the_deep_map_twice_and_the_shallow_one_by_its_two_gates():
    block = TOAA(4)
    deep, shallow = torch.randn(1, 4, 6, 6), torch.randn(1, 4, 6, 6)
    for conv in (block.along_rows, block.along_columns):
        torch.nn.init.zeros_(conv.weight)
    torch.nn.init.constant_(block.along_rows.bias, 50.0)  # that gate is open, the other half open
    d, s = block.bottleneck(deep), block.bottleneck(shallow)
    torch.testing.assert_close(block(deep, shallow), 2 * d + 1.5 * s)


@torch.no_grad()
def test_the_edge_block_combines_its_two_steps_and_the_gate():
    block = EdgeBlock(8).eval()
    u0, guide = torch.randn(2, 8, 5, 5), torch.randn(2, 1, 5, 5)
    step = block.first(u0)
    u1 = (u0 + step).relu()
    u2 = block.second(u1).relu()
    torch.testing.assert_close(block(u0, guide), 3 * step.relu() + u2 + block.gate(u2, guide))


@torch.no_grad()
def test_a_closed_gate_passes_the_map_and_an_open_one_doubles_it():
    gate = GatedConv(8).eval()
    x, guide = torch.randn(2, 8, 5, 5), torch.randn(2, 1, 5, 5)
    for bias, factor in ((-50.0, 1), (50.0, 2)):
        torch.nn.init.zeros_(gate.alpha[4].weight)
        torch.nn.init.constant_(gate.alpha[4].bias, bias)
        torch.testing.assert_close(gate(x, guide), factor * gate.conv(x))


@torch.no_grad()
def test_training_gives_edges_of_the_images_size_beside_the_logits():
    network = ISNet(3).eval()
    image = torch.randn(2, 3, 50, 70)
    logits = network(image)
    network.training = True  # the network's own flag alone: batch norm and dropout stay as they are
    outputs = network(image)
    assert torch.equal(outputs.masks[0], logits)
    assert len(outputs.masks) == 1
    assert outputs.edge.shape == (2, 1, 50, 70)


@torch.no_grad()
def test_predicted_edges_weigh_the_finest_map():
    network = ISNet(3).eval()
    image = torch.randn(1, 3, 32, 32)
    seen = []
    network.head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    for bias in (-50.0, 50.0):  # no edge anywhere, and edges everywhere
        network.edge_branch.edge = torch.nn.Conv2d(64, 1, 1)
        torch.nn.init.zeros_(network.edge_branch.edge.weight)
        torch.nn.init.constant_(network.edge_branch.edge.bias, bias)
        network(image)
    torch.testing.assert_close(seen[1], 2 * seen[0])
