"""LW-IRSTNet: what its shrinking keeps, what its asymmetric kernels see, and the way around the coarse maps."""

from __future__ import annotations

import torch

from istdbench.methods.convolutional.networks.lw_irstnet import DILATIONS, LWIRSTNet, Shrinking, daaa
from istdbench.methods.parts.layers import pad_to_multiple


@torch.no_grad()
def test_shrinking_keeps_the_largest_of_four_pixels_and_adds_empty_channels():
    shrinking, x = Shrinking(8, 32, 0.0).eval(), torch.rand(1, 8, 6, 8)
    shrinking.body[2][1].weight.zero_()
    found = shrinking(x)
    assert torch.equal(found[:, :8], x.unfold(2, 2, 2).unfold(3, 2, 2).amax((4, 5)))
    assert not found[:, 8:].any()


def reach(block: torch.nn.Module) -> tuple[int, int]:
    """Rows and columns from the middle of a map to the farthest pixel whose value reaches it."""
    x = torch.randn(1, 64, 65, 65, requires_grad=True)
    block.eval()(x)[0, :, 32, 32].sum().backward()
    rows, columns = x.grad[0].abs().sum(0).nonzero().T
    return int((rows - 32).abs().max()), int((columns - 32).abs().max())


def test_each_bottleneck_of_a_module_sees_as_far_as_its_kernel():
    modules = [[reach(block) for block in daaa(64, pair)] for pair in DILATIONS[:2]]
    assert modules == [[(1, 1), (2, 2), (3, 3), (4, 4)], [(1, 1), (8, 8), (3, 3), (16, 16)]]


@torch.no_grad()
def test_fine_maps_go_around_the_coarse_ones():
    network, image = LWIRSTNet().eval(), torch.randn(1, 3, 40, 56)
    padded, _ = pad_to_multiple(image, 8)
    x1 = network.stem(padded)
    network.enlarging[1].weight.zero_()
    torch.testing.assert_close(network(image), network.enlarging[2](network.decoder[1](x1)))
