"""L2SKNet: its kernel of centre less neighbours, and what its skip connections hold."""

from __future__ import annotations

import torch

from istdbench.methods.convolutional.networks.l2sknet import L2SKNet, SaliencyKernel


def test_a_kernel_is_the_sum_of_differences_between_the_centre_and_each_tap():
    module = SaliencyKernel(4, kernel=3, dilation=2).double().eval()
    x = torch.randn(2, 4, 9, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    padded, weight = torch.nn.functional.pad(x, 4 * (2,)), module.conv.weight
    expected = torch.zeros_like(x)
    for row in range(3):
        for column in range(3):
            tap = padded[..., 2 * row : 2 * row + 9, 2 * column : 2 * column + 11]
            expected += torch.einsum("oi,bihw->bohw", weight[:, :, row, column], x - tap)
    expected += module.theta(x) * torch.einsum("oi,bihw->bohw", weight[:, :, 1, 1], x)
    torch.testing.assert_close(module(x), expected)


@torch.no_grad()
def test_a_level_map_leaves_the_weighted_centre_alone():
    module, x = SaliencyKernel(4, kernel=5, dilation=1).eval(), torch.ones(1, 4, 12, 12)
    centre = module.theta(x)[0, :, 0, 0] * module.conv.weight[:, :, 2, 2].sum(1)
    torch.testing.assert_close(module(x)[0, :, 6, 6], centre, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_encoder_goes_on_from_the_map_before_its_contrast():
    network, image = L2SKNet().eval(), torch.randn(1, 1, 24, 32)
    seen = {}
    network.encoder[1].register_forward_hook(lambda _, inputs, __: seen.update(second=inputs[0]))
    network(image)
    torch.testing.assert_close(seen["second"], torch.nn.functional.max_pool2d(network.encoder[0](image), 2))
