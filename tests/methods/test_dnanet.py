"""DNANet: its grid of nodes, and its heads."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from istdbench.methods.convolutional.networks.dnanet import DNANet


@pytest.fixture
def small():
    torch.manual_seed(0)
    return DNANet(1, blocks=(1, 1, 1, 1, 1)).eval()


@torch.no_grad()
def test_each_level_is_half_as_wide_and_has_one_node_fewer(small):
    levels = small._nodes(torch.randn(1, 1, 32, 64))
    assert [len(nodes) for nodes in levels] == [5, 4, 3, 2, 1]
    assert [{node.shape[1:] for node in nodes} for nodes in levels] == [
        {(16 * 2**i, 32 // 2**i, 64 // 2**i)} for i in range(5)
    ]


@torch.no_grad()
@pytest.mark.parametrize(("level", "column"), [(0, 0), (2, 0), (1, 1), (0, 3)])
def test_a_node_reaches_later_nodes_of_its_level_and_of_the_levels_beside_it(small, level, column):
    def nodes() -> list[list[torch.Tensor]]:
        return small._nodes(torch.ones(1, 1, 32, 32))

    before = nodes()
    stage = small.backbone[level] if column == 0 else small.nested[column - 1][level]
    stage.register_forward_hook(lambda *call: call[-1] + 1)
    moved = {(i, j) for i, row in enumerate(nodes()) for j, x in enumerate(row) if not torch.equal(x, before[i][j])}
    assert moved == reached(level, column)


def reached(level: int, column: int) -> set[tuple[int, int]]:
    """(i, j) of a node and of all that read it, at once or through others."""
    readers = {(level, later) for later in range(column + 1, 5 - level)}
    readers |= {(level - 1, column + 1)} if level > 0 else set()
    readers |= {(level + 1, column)} if level + column < 4 else set()
    return {(level, column)}.union(*(reached(*reader) for reader in readers))


@torch.no_grad()
def test_training_supervises_four_heads_of_which_evaluation_returns_the_first(small):
    image = torch.randn(2, 1, 50, 70)
    logits = small(image)
    small.training = True  # the network's own flag alone: batch norm stays as it is
    masks = small(image).masks
    assert [mask.shape for mask in masks] == 4 * [(2, 1, 50, 70)]
    assert torch.equal(masks[0], logits)
    assert not any(torch.equal(one, other) for one, other in pairwise(masks))
