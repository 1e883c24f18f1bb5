"""FC3-Net, RPCANet, UIU-Net: the steps of their definitions."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from stand_ins import Times, noise
from torch import nn

from istdbench.methods.convolutional.networks.fc3net import Compensation, FC3Net
from istdbench.methods.convolutional.networks.residual_u import ResidualU, halved
from istdbench.methods.convolutional.networks.rpcanet import RPCANet
from istdbench.methods.convolutional.networks.uiunet import CrossAttention, UIUNet
from istdbench.methods.outputs import Outputs


def calls(module: nn.Module, parts: nn.ModuleList, *inputs: torch.Tensor) -> list[int]:
    """The order in which a module runs its parts."""
    order: list[int] = []
    for index, part in enumerate(parts):
        part.register_forward_hook(lambda *_, index=index: order.append(index))
    module(*inputs)
    return order


@torch.no_grad()
def test_the_third_compensation_runs_its_fifth_block_twice_and_has_no_third():
    network = FC3Net().eval()
    sides = [(noise(1, 16, 16, 16), noise(1, 32, 8, 8)), (noise(1, 64, 16, 16), noise(1, 128, 8, 8))]
    first, _, third = network.compensations
    assert calls(first, first.main, *sides[0]) == [0, 1, 2, 3, 4, 5]
    assert calls(third, third.main, *sides[1]) == [0, 1, 2, 3, 3, 4]


@torch.no_grad()
def test_a_compensation_takes_in_both_neighbours_after_every_second_block():
    row = Compensation(2, 4, 8).eval()
    for part in (*row.fine, *row.main, *row.coarse, row.halving):
        part.forward = lambda x: x
    row.halving.forward = lambda x: x[..., ::2, ::2]
    for fall, rise in zip(row.falls, row.rises, strict=True):
        fall.forward, rise.forward = (lambda x: torch.ones(4, 8, 8)), (lambda x: torch.full((4, 8, 8), 10.0))
    fine, main = noise(1, 2, 16, 16), noise(1, 4, 8, 8)
    same, compensated = row(fine, main)
    assert torch.equal(same, fine)
    torch.testing.assert_close(compensated, main + 3 * 11)


def test_a_stage_of_rpcanet_is_its_three_equations():
    stage = RPCANet().stages[0]
    stage.background.proximal, stage.target.gradient, stage.reconstruction = Times(-0.25), Times(2.0), Times(0.5)
    image, target = noise(1, 1, 6, 6), noise(1, 1, 6, 6, seed=1)
    background = 0.75 * (image - target)
    x = target + image - background
    expected = x - 0.01 * 2 * x
    again, found = stage(image, target)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(again, 0.5 * (background + expected))


def test_rpcanet_gives_the_reconstruction_in_training_only():
    network, image = RPCANet(), noise(2, 1, 20, 30)
    outputs = network.train()(image)
    assert isinstance(outputs, Outputs)
    assert len(outputs.masks) == 1
    assert outputs.image is not None
    assert outputs.image.shape == image.shape
    assert isinstance(network.eval()(image), torch.Tensor)


def sizes_within(block: ResidualU, side: int) -> Counter:
    """How many of a block's convolutions see a map of each side."""
    seen: Counter = Counter()
    for module in block.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda _, inputs, __: seen.update([inputs[0].shape[-1]]))
    block(noise(1, 3, side, side))
    return seen


@torch.no_grad()
def test_a_u_halves_its_map_at_all_but_its_last_level():
    # RSU-4 of U2-Net: entry, then 2 at full, 2 at half, 3 at a quarter (4, its dilated bottom, and 3 up)
    assert sizes_within(ResidualU(3, 2, 4, levels=4).eval(), 32) == {32: 3, 16: 2, 8: 3}
    assert sizes_within(ResidualU(3, 2, 4, levels=4, dilated=True).eval(), 32) == {32: 8}
    assert sizes_within(ResidualU(3, 2, 4, levels=7).eval(), 64) == {64: 3, 32: 2, 16: 2, 8: 2, 4: 2, 2: 3}


def test_a_dilated_u_doubles_its_dilation_down_and_halves_it_up():
    block = ResidualU(3, 2, 4, levels=4, dilated=True)
    dilations = [m.dilation[0] for m in block.modules() if isinstance(m, nn.Conv2d)]
    assert dilations == [1, 1, 2, 4, 8, 4, 2, 1]


@torch.no_grad()
def test_a_u_is_added_to_its_entry():
    block = ResidualU(3, 2, 4, levels=5).eval()
    nn.init.zeros_(block.up[-1][1].weight)
    x = noise(1, 3, 17, 20)
    assert torch.equal(block(x), block.entry(x))


def test_halving_keeps_the_odd_row_and_column():
    x = torch.arange(15.0).view(1, 1, 3, 5)
    assert halved(x).tolist() == [[[[6, 8, 9], [11, 13, 14]]]]


@torch.no_grad()
def test_cross_attention_gives_both_levels_through_the_same_convolution():
    attention = CrossAttention(4).eval()
    nn.init.zeros_(attention.top_down[-2].weight)  # even weights, which the factor 2 takes back
    nn.init.zeros_(attention.bottom_up[1].conv.weight)
    low, high = noise(1, 4, 6, 6), noise(1, 4, 6, 6, seed=1)
    fused = attention(low, high)
    torch.testing.assert_close(fused[:, :4], attention.post(low))
    torch.testing.assert_close(fused[:, 4:], attention.post(attention.high(high)))


@pytest.fixture(scope="module")
def uiunet() -> UIUNet:
    return UIUNet()


@torch.no_grad()
def test_uiunet_has_seven_heads_of_the_images_size_in_training(uiunet):
    outputs = uiunet.train()(noise(2, 3, 40, 33))
    assert [head.shape for head in outputs.masks] == 7 * [(2, 1, 40, 33)]


@torch.no_grad()
def test_the_first_head_of_uiunet_is_the_weighted_sum_of_the_others(uiunet):
    merged, *sides = uiunet.train()(noise(2, 3, 32, 32)).masks
    weights, bias = uiunet.merge.weight.flatten(), uiunet.merge.bias
    torch.testing.assert_close(merged, sum(w * side for w, side in zip(weights, sides, strict=True)) + bias)
