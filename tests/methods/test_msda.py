"""MSDA-Net: Haar's bands, the weights that follow from them, and how maps are joined."""

from __future__ import annotations

import torch
from stand_ins import noise
from torch import nn
from torch.nn import functional as F

from istdbench.methods.convolutional.msda import side_by_side
from istdbench.methods.convolutional.networks.msda import (
    AlignedFusion,
    DirectionalAwareness,
    Encoder,
    Residual,
    haar,
    high_bands,
)

LOW, HIGH = torch.tensor([1.0, 1.0]) / 2**0.5, torch.tensor([1.0, -1.0]) / 2**0.5
FILTERS = torch.stack([torch.outer(rows, columns) for rows in (LOW, HIGH) for columns in (LOW, HIGH)])
"""LL, HL, LH, HH: a filter of the rows' direction times one of the columns'."""


def bands_by_filters(x: torch.Tensor, stride: int) -> list[torch.Tensor]:
    """LL, LH, HL, HH of each channel."""
    channels = x.shape[1]
    kernels = FILTERS[[0, 2, 1, 3], None, None].expand(-1, channels, 1, 2, 2)
    return [F.conv2d(x, kernel, stride=stride, groups=channels) for kernel in kernels]


def test_bands_keep_the_energy_of_a_square():
    square = noise(4, 5)
    torch.testing.assert_close(haar(*square).square().sum(0), square.square().sum(0))


def test_details_of_the_image_are_those_of_haars_filters():
    image = noise(2, 3, 8, 10)
    torch.testing.assert_close(high_bands(image), torch.cat(bands_by_filters(image, 2)[1:], dim=1))


@torch.no_grad()
def test_awareness_weighs_by_each_band_in_its_turn():
    awareness, x = DirectionalAwareness(6).eval(), noise(2, 6, 9, 11)
    total = torch.zeros_like(x)
    for band, kernel, bias in zip(
        bands_by_filters(F.pad(x, (1, 0, 1, 0)), 1), awareness.weights.weight, awareness.weights.bias, strict=True
    ):
        summary = torch.cat([band.amax(1, keepdim=True), band.mean(1, keepdim=True)], dim=1)
        total += x * F.conv2d(summary, kernel[None], bias[None], padding=3).sigmoid()
    torch.testing.assert_close(awareness(x), F.relu(x + awareness.conv(total)), rtol=1e-4, atol=1e-5)


def test_the_four_released_convolutions_become_one():
    released = {f"a.weights.{band}.bias": torch.tensor([k]) for k, band in enumerate(("LH", "HL", "HH", "LL"))}
    joined = side_by_side(released | {"a.conv.bias": torch.tensor([7])})
    assert {name: tensor.tolist() for name, tensor in joined.items()} == {
        "a.weights.bias": [3, 0, 1, 2],
        "a.conv.bias": [7],
    }


@torch.no_grad()
def test_a_residual_halves_its_map_or_keeps_it():
    x = noise(1, 4, 8, 12)
    assert Residual(4, 6, halve=True).eval()(x).shape == (1, 6, 4, 6)
    kept = Residual(4, 4, halve=False).eval()
    torch.testing.assert_close(kept(x), F.relu(kept.body(x) + x))


@torch.no_grad()
def test_the_coarsest_map_is_told_of_all_others_the_nearest_first():
    encoder, seen = Encoder().eval(), {}
    encoder.joint.register_forward_hook(lambda _, inputs, __: seen.update(joint=inputs[0]))
    maps = encoder(noise(1, 3, 32, 48))
    assert [tuple(x.shape[1:]) for x in maps] == [(16, 32, 48), (32, 16, 24), (64, 8, 12), (64, 4, 6), (64, 2, 3)]
    told = F.relu(encoder.summaries[3](F.max_pool2d(maps[3], 2)))
    torch.testing.assert_close(seen["joint"][:, 64:80], told)
    assert seen["joint"].shape[1] == 64 + 4 * 16


@torch.no_grad()
def test_fusion_adds_the_aligned_coarser_map_to_the_finer_one():
    fusion, coarse, fine = AlignedFusion(6, 4).eval(), noise(1, 6, 3, 4), noise(1, 4, 6, 8, seed=1)
    raised = F.interpolate(coarse, (6, 8), mode="bilinear", align_corners=True)
    fusion.joint = nn.Identity()
    fusion.narrow = nn.Identity()
    fusion.joint.forward = lambda both: both[:, :6] + both[:, 6:].sum(1, keepdim=True)
    fusion.narrow.forward = lambda x: x[:, :4]
    expected = fine + (2 * raised + fine.sum(1, keepdim=True))[:, :4]
    torch.testing.assert_close(fusion(coarse, fine), expected)
