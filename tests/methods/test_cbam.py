"""The residual block with attention, against the formulas of its docstring."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from istdbench.methods.parts.cbam import AttentiveResidualBlock, ChannelAttention, attentive_stage


@torch.no_grad()
def test_channel_attention_weighs_by_mean_and_maximum_through_one_mlp():
    torch.manual_seed(0)
    attention, x = ChannelAttention(32), torch.randn(1, 32, 5, 7)
    (first, _, second), pixels = attention.mlp, x[0].flatten(1)

    def mlp(summary: torch.Tensor) -> torch.Tensor:
        return second.weight[..., 0, 0] @ (first.weight[..., 0, 0] @ summary).relu()

    expected = (mlp(pixels.mean(1)) + mlp(pixels.max(1).values)).sigmoid()
    torch.testing.assert_close(attention(x).flatten(), expected)
    assert first.weight.shape == (2, 32, 1, 1)


@torch.no_grad()
def test_the_block_weighs_channels_then_pixels_then_adds_the_input():
    torch.manual_seed(0)
    block, x = AttentiveResidualBlock(16, 16).eval(), torch.randn(2, 16, 6, 8)
    y = block.body(x)
    y = y * block.channels(y)
    y = y * block.pixels(y)
    torch.testing.assert_close(block(x), F.relu(x + y))
    assert block.pixels.conv.kernel_size == (7, 7)


def test_a_stage_changes_channels_in_its_first_block_only():
    stage = attentive_stage(3, 16, blocks=3)
    assert stage(torch.randn(2, 3, 6, 8)).shape == (2, 16, 6, 8)
    assert [isinstance(block.shortcut, torch.nn.Identity) for block in stage] == [False, True, True]
