"""LCMamNet: arms that look one way, tokens of several maps as one sequence, and what the decoder selects."""

from __future__ import annotations

import pytest
import torch
from stand_ins import noise
from torch import nn

from istdbench.methods.mamba.lcmam.cross import CrossConv
from istdbench.methods.mamba.lcmam.fusion import CrossScaleFusion, TwoWayMamba
from istdbench.methods.mamba.lcmam.lcmamnet_unet import Raising, Selection


@pytest.mark.parametrize(
    ("arm", "seen"),
    [
        (0, [(5, 3), (5, 4), (5, 5)]),
        (1, [(5, 5), (5, 6), (5, 7)]),
        (2, [(3, 5), (4, 5), (5, 5)]),
        (3, [(5, 5), (6, 5), (7, 5)]),
    ],
)
def test_each_arm_looks_one_way(arm, seen):
    cross, image = CrossConv(1, 8).eval(), noise(1, 1, 11, 11).requires_grad_()
    cross.norm, cross.fuse = nn.Identity(), nn.Identity()
    cross(image)[0, 2 * arm, 5, 5].backward()
    assert [tuple(place) for place in image.grad[0, 0].nonzero().tolist()] == seen


@torch.no_grad()
def test_two_ways_are_the_mean_of_both_and_reversed_where_the_tokens_are():
    torch.manual_seed(0)
    mixer, tokens = TwoWayMamba(6), noise(2, 9, 6)
    y = mixer.norm(tokens)
    expected = tokens + 0.1 * (mixer.ahead(y) + mixer.behind(y.flip(1)).flip(1)) / 2
    torch.testing.assert_close(mixer(tokens), expected)
    mixer.behind = mixer.ahead
    torch.testing.assert_close(mixer(tokens.flip(1)), mixer(tokens).flip(1))


@torch.no_grad()
def test_the_finest_map_reaches_the_coarsest_through_the_tokens_and_keeps_its_place():
    torch.manual_seed(0)
    fusion = CrossScaleFusion((4, 6), 8).eval()
    maps = [noise(1, 4, 8, 12), noise(1, 6, 4, 6, seed=1)]
    fused = fusion(maps)
    assert [x.shape for x in fused] == [x.shape for x in maps]
    other = fusion([maps[0] + noise(1, 4, 8, 12, seed=2), maps[1]])
    assert not torch.equal(other[1], fused[1])
    fusion.mixer = nn.Identity()
    alone = fusion([maps[0] + noise(1, 4, 8, 12, seed=2), maps[1]])
    torch.testing.assert_close(alone[1], fusion(maps)[1])
    coarse = maps[1] + fusion.exits[1](fusion.refiners[1](fusion.entries[1](maps[1])))
    torch.testing.assert_close(alone[1], coarse)


@torch.no_grad()
def test_selection_weighs_the_channels_of_the_finer_map_by_the_means_of_both():
    selection, coarse, skip = Selection(32), noise(2, 32, 6, 6), noise(2, 32, 6, 6, seed=1)
    weights = selection(coarse, skip) / skip
    torch.testing.assert_close(weights, weights[..., :1, :1].expand_as(weights), rtol=1e-4, atol=1e-5)
    even = coarse.mean((2, 3), keepdim=True).expand_as(coarse)
    torch.testing.assert_close(selection(even, skip), selection(coarse, skip))


@torch.no_grad()
def test_raising_doubles_the_coarser_map():
    assert Raising(8, 5).eval()(noise(1, 8, 3, 4), noise(1, 8, 6, 8)).shape == (1, 5, 6, 8)
