"""RDIAN: the contrast of opposite directions, and the branches."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.rdian import RDIAN, ResidualBranchBlock, directional_contrast
from istdbench.methods.parts.layers import SpatialAttention


def test_contrast_is_that_of_eight_filters_of_which_opposite_ones_are_multiplied():
    image = torch.randn(2, 1, 9, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    filters = torch.zeros(8, 1, 5, 5, dtype=torch.float64)
    filters[:, :, 2, 2] = 1
    ring = [(0, 0), (0, 2), (0, 4), (2, 4), (4, 4), (4, 2), (4, 0), (2, 0)]
    for kernel, (row, column) in zip(filters, ring, strict=True):
        kernel[0, row, column] = -1
    first, opposite = F.conv2d(image, filters, padding=2).chunk(2, dim=1)
    torch.testing.assert_close(directional_contrast(image), (first * opposite).sum(1, keepdim=True))


def test_a_bright_pixel_stands_out_and_an_edge_does_not():
    image = torch.zeros(1, 1, 20, 20)
    image[..., 5, 5] = 1
    image[..., :, 12:] = 1
    contrast = directional_contrast(image)[0, 0, 4:16, 4:16]
    assert contrast.max() == contrast[1, 1] == 4
    assert not contrast[4:, 5:11].any()


@torch.no_grad()
def test_a_block_adds_its_input_after_the_last_activation():
    block = ResidualBranchBlock(3).eval()
    x = torch.randn(1, 32, 6, 7)
    block.body[1][1].weight.zero_()
    block.body[1][1].bias.fill_(-1.0)
    torch.testing.assert_close(block(x), x - 0.01)


@torch.no_grad()
def test_attention_to_pixels_may_have_a_norm():
    attention, x = SpatialAttention(kernel=1, norm=True).eval(), torch.randn(1, 4, 5, 6)
    plain = SpatialAttention(kernel=1).eval()
    plain.conv.load_state_dict(attention.conv.state_dict())
    attention.norm.bias.fill_(2.0)
    torch.testing.assert_close(attention(x).logit(), plain(x).logit() + 2, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_the_weight_of_a_pixel_reaches_the_branches_and_not_the_skip():
    network = RDIAN().eval()
    seen = {}
    network.coarse.register_forward_hook(lambda _, inputs, __: seen.update(coarse=inputs[0]))
    network.skip.register_forward_hook(lambda _, inputs, __: seen.update(skip=inputs[0]))
    image = torch.randn(1, 1, 16, 16)
    network(image)
    torch.testing.assert_close(seen["coarse"], seen["skip"] * (1 + directional_contrast(image).sigmoid()))
