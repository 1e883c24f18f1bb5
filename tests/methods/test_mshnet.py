"""MSHNet: its heads on four scales."""

from __future__ import annotations

import pytest
import torch

from istdbench.methods.convolutional.networks.mshnet import MSHNet
from istdbench.training.objective import pooled


@pytest.fixture
def network():
    torch.manual_seed(0)
    return MSHNet(3).eval()


@torch.no_grad()
def test_training_supervises_the_evaluated_logits_and_each_scales_own(network):
    image = torch.randn(1, 3, 64, 96)
    logits = network(image)
    network.training = True  # the network's own flag alone: batch norm stays as it is
    masks = network(image).masks
    assert torch.equal(masks[0], logits)
    sizes = [(64, 96), (64, 96), (32, 48), (16, 24), (8, 12)]
    assert [tuple(mask.shape[-2:]) for mask in masks] == sizes


@torch.no_grad()
def test_scales_of_an_image_of_any_size_meet_the_pooled_mask(network):
    masks = network.train()(torch.randn(2, 3, 50, 70)).masks
    truth = torch.zeros(2, 1, 50, 70)
    assert [mask.shape for mask in masks] == [pooled(truth, mask).shape for mask in masks]


@torch.no_grad()
def test_the_evaluated_logits_are_fused_from_all_scales_at_the_images_size(network):
    image = torch.randn(1, 3, 32, 32)
    torch.nn.init.zeros_(network.fusion.weight)
    network.fusion.weight[0, 3, 1, 1] = 1  # the coarsest scale alone
    torch.nn.init.zeros_(network.fusion.bias)
    logits = network(image)
    network.training = True
    coarsest = network(image).masks[-1]
    assert torch.equal(logits[0, 0, ::31, ::31], coarsest[0, 0, ::3, ::3])  # corners on corners
