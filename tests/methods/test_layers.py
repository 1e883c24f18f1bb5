"""The blocks that several networks share."""

from __future__ import annotations

import math

import pytest
import torch

from istdbench.methods.parts.layers import (
    ResidualBlock,
    SpatialAttention,
    channel_attention,
    conv_bn_relu,
    fcn_head,
    pad_to_multiple,
    residual_stage,
    resized,
)


def test_a_convolution_with_stride_one_keeps_the_maps_size_whatever_its_dilation():
    x = torch.randn(1, 2, 9, 7)
    assert conv_bn_relu(2, 3)(x).shape == (1, 3, 9, 7)
    assert conv_bn_relu(2, 3, 1)(x).shape == (1, 3, 9, 7)
    assert conv_bn_relu(2, 3, dilation=4)(x).shape == (1, 3, 9, 7)
    assert conv_bn_relu(2, 3, stride=2)(x).shape == (1, 3, 5, 4)


def test_a_residual_block_without_its_body_is_a_relu():
    block = ResidualBlock(3, 3).eval()
    torch.nn.init.zeros_(block.body[4].weight)
    x = torch.randn(1, 3, 6, 6)
    assert torch.equal(block(x), x.relu())


def test_a_stage_changes_shape_in_its_first_block_only():
    stage = residual_stage(3, 5, blocks=3, stride=2)
    assert stage(torch.randn(2, 3, 7, 8)).shape == (2, 5, 4, 4)
    assert [isinstance(block.shortcut, torch.nn.Identity) for block in stage] == [False, True, True]


def test_the_head_gives_one_map_of_the_same_size():
    assert fcn_head(16)(torch.randn(2, 16, 5, 6)).shape == (2, 1, 5, 6)


def test_padding_is_zeros_below_and_to_the_right_and_is_cut_off_again():
    image = torch.randn(2, 3, 17, 32)
    padded, crop = pad_to_multiple(image, 16)
    assert padded.shape == (2, 3, 32, 32)
    assert not padded[..., 17:, :].any()
    assert torch.equal(crop(padded), image)
    assert crop(padded[:, :1]).shape == (2, 1, 17, 32)


def test_a_resized_map_keeps_its_corner_pixels():
    x = torch.randn(1, 2, 4, 6)
    for factor, (height, width) in ((2, (8, 12)), (0.5, (2, 3))):
        y = resized(x, factor)
        assert y.shape == (1, 2, height, width)
        torch.testing.assert_close(y[..., :: height - 1, :: width - 1], x[..., ::3, ::5])


@torch.no_grad()
def test_channel_attention_weights_the_image_or_each_pixel():
    x = torch.randn(2, 8, 5, 6)
    whole, pixels = (channel_attention(8, pooled=pooled).eval()(x) for pooled in (True, False))
    assert whole.shape == (2, 8, 1, 1)
    assert pixels.shape == x.shape
    assert ((pixels > 0) & (pixels < 1)).all()


@torch.no_grad()
def test_spatial_attention_reads_mean_and_maximum_over_channels():
    attention = SpatialAttention(kernel=1)
    attention.conv.weight.copy_(torch.tensor([1.0, -2.0]).view(1, 2, 1, 1))
    x = torch.tensor([1.0, 2.0, 6.0]).view(1, 3, 1, 1)
    assert attention(x).item() == pytest.approx(1 / (1 + math.exp(-(3 - 2 * 6))))
