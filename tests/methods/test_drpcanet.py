"""DRPCA-Net: the equations of a stage, and the attention whose kernel follows from the image."""

from __future__ import annotations

import torch
from stand_ins import Times, noise
from torch import nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.drpcanet import AttentiveBlock, DRPCANet, DynamicAttention, Target
from istdbench.methods.outputs import Outputs


class Mean(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3), keepdim=True)


def test_a_stage_is_its_equations():
    stage = DRPCANet().stages[0]
    stage.background.proximal, stage.target.gradient, stage.reconstruction = Times(-0.25), Times(2.0), Times(0.5)
    stage.target.gamma, stage.target.epsilon = Mean(), Mean()
    image, target = noise(2, 1, 6, 6), noise(2, 1, 6, 6, seed=1)
    background = 0.75 * (image - target)
    gamma = target.mean((1, 2, 3))[:, None, None, None]
    x = gamma * target + (1 - gamma) * (image - background)
    expected = (1 - 2 * x.mean((1, 2, 3))[:, None, None, None]) * x
    again, found = stage(image, target)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(again, 0.5 * (background + expected))


@torch.no_grad()
def test_each_image_has_a_step_and_a_share_of_its_own():
    target, x = Target(), noise(2, 1, 8, 8) * torch.tensor([1.0, 40.0])[:, None, None, None]
    for share in (target.gamma, target.epsilon):
        assert share(x + 1).shape == (2, 1, 1, 1)
        torch.testing.assert_close(share(x)[:1], share(x[:1]))


@torch.no_grad()
def test_the_kernel_of_each_image_acts_on_the_mean_of_its_channels():
    attention, x = DynamicAttention(), noise(2, 32, 7, 9)
    kernels = attention.kernel(x.mean((2, 3), keepdim=True)).view(2, 1, 1, 3, 3)
    expected = [
        F.conv2d(one.mean(0, keepdim=True)[None], kernel, padding=1) for one, kernel in zip(x, kernels, strict=True)
    ]
    torch.testing.assert_close(attention(x), torch.cat(expected).sigmoid())


@torch.no_grad()
def test_a_block_weighs_channels_then_pixels_and_adds_its_input():
    block, x = AttentiveBlock().eval(), noise(2, 32, 6, 7)
    block.channels, block.pixels = Mean(), Times(2.0)
    y = block.body(x)
    weighed = y.mean((2, 3), keepdim=True) * y
    torch.testing.assert_close(block(x), x + 2 * weighed.square())


def test_the_reconstruction_is_given_in_training_only():
    network, image = DRPCANet(), noise(2, 1, 20, 30)
    outputs = network.train()(image)
    assert isinstance(outputs, Outputs)
    assert outputs.image is not None
    assert outputs.image.shape == image.shape
    assert isinstance(network.eval()(image), torch.Tensor)
