"""DTUM and DeepPro: what their parts compute, and which frames they look at."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.deeppro import DeepPro, TemporalDifferenceConv
from istdbench.methods.convolutional.networks.dtum import DTUM, direction_coded_pool


def test_the_code_of_a_direction_is_where_in_a_window_the_maximum_stands():
    x = torch.zeros(1, 1, 2, 4, 4)
    x[0, 0, 0, 0, 0] = x[0, 0, 0, 0, 3] = x[0, 0, 1, 3, 0] = x[0, 0, 1, 3, 3] = 1
    largest, code = direction_coded_pool(x)
    assert largest[0, 0].tolist() == [[[1, 1], [0, 0]], [[0, 0], [1, 1]]]
    assert (code * largest)[0, 0].tolist() == [[[-1.5, -0.5], [0, 0]], [[0, 0], [0.5, 1.5]]]
    noise = torch.randn(2, 3, 5, 6, 8)
    torch.testing.assert_close(direction_coded_pool(noise)[0], F.max_pool3d(noise, (1, 2, 2)))


def test_coarse_levels_of_dtum_are_not_trained_and_are_read_all_the_same():
    network = DTUM().eval()
    frozen = {name for name, parameter in network.named_parameters() if not parameter.requires_grad}
    assert {name.rsplit(".", 2)[0] for name in frozen} == {f"temporal.{way}.{k}" for way, k in FROZEN}
    frames = torch.randn(1, 5, 16, 16)
    before = network(frames)
    with torch.no_grad():
        network.temporal.down[3].conv.weight.mul_(-1)
    assert not torch.equal(network(frames), before)


FROZEN = (("down", 1), ("down", 2), ("down", 3), ("up", 1), ("up", 2))


def test_a_steady_level_has_no_part_in_a_temporal_difference():
    conv = TemporalDifferenceConv(1, 4)
    steady = torch.ones(1, 1, 40, 2, 2)
    answer = conv(steady) - conv.bias[None, :, None, None, None]
    torch.testing.assert_close(answer[:, :, 2:-2], torch.zeros(1, 4, 36, 2, 2), atol=1e-6, rtol=0)
    assert answer[:, :, :2].abs().min() > 0


@torch.no_grad()
def test_a_smaller_sequence_of_dtum_is_the_same_with_zeros_below_and_to_the_right():
    network, frames = DTUM().eval(), torch.randn(1, 5, 18, 21)
    full = network(F.pad(frames, (0, 3, 0, 6)))
    assert torch.equal(network(frames), full[..., :18, :21])


@torch.no_grad()
def test_deeppro_answers_for_the_last_frame():
    network, frames = DeepPro().eval(), torch.randn(1, 40, 9, 12)
    torch.testing.assert_close(network(frames), network.every_frame(frames)[:, 39:])


@torch.no_grad()
@pytest.mark.parametrize("build", [DTUM, DeepPro])
def test_every_frame_counts_and_so_does_their_order(build):
    torch.manual_seed(0)
    network = build()
    count = 5 if build is DTUM else 40
    frames = torch.randn(2, count, 16, 16)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            module.momentum = None
    network.train()(frames)
    network.eval()
    seen = network(frames[:1])
    for frame in range(count):
        other = frames[:1].clone()
        other[:, frame] += 1
        assert not torch.equal(network(other), seen)
    assert not torch.equal(network(frames[:1].flip(1)), seen)
