"""L-RPCANet: the four equations of a stage, and its weighted channels."""

from __future__ import annotations

import torch
from stand_ins import Times, noise

from istdbench.methods.convolutional.networks.l_rpcanet import Excitation, LRPCANet, Stage
from istdbench.methods.outputs import Outputs


def test_a_stage_is_its_four_equations():
    stage = Stage(16, noise_layers=6)
    stage.proximal, stage.reconstruction = Times(-0.25), Times(0.5)
    stage.target.gradient, stage.noise.gradient = Times(2.0), Times(-3.0)
    image, target = noise(1, 1, 6, 6), noise(1, 1, 6, 6, seed=1)
    background = 0.75 * (image - target)
    expected = (1 - 0.01 * 2) * (target + image - background)
    residue = (1 + 0.01 * 3) * (image - background - expected)
    again, found = stage(image, target)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(again, 0.5 * (background + expected + residue))


@torch.no_grad()
def test_excitation_weighs_each_channel_by_the_means_of_all():
    excitation, x = Excitation(32), noise(2, 32, 5, 6)
    weights = excitation(x) / x
    torch.testing.assert_close(weights, weights[..., :1, :1].expand_as(weights), rtol=1e-4, atol=1e-5)
    means = torch.ones(2, 32, 5, 6) * x.mean((2, 3), keepdim=True)
    torch.testing.assert_close(excitation(means) / means, weights, rtol=1e-4, atol=1e-5)


def test_the_reconstruction_is_given_in_training_only():
    network, image = LRPCANet(4, noise_layers=3), noise(2, 1, 20, 30)
    outputs = network.train()(image)
    assert isinstance(outputs, Outputs)
    assert outputs.image is not None
    assert outputs.image.shape == image.shape
    assert isinstance(network.eval()(image), torch.Tensor)
