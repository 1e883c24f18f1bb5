"""ACM, ALCNet: what their fusions see, and the local contrast against a slow version of itself."""

from __future__ import annotations

import pytest
import torch
from stand_ins import noise
from torch.nn import functional as F

from istdbench.methods.convolutional.acm import build
from istdbench.methods.convolutional.networks.acm import ACM, BASICIRSTD, Fusion
from istdbench.methods.convolutional.networks.alcnet import ALCNet, local_contrast, multiscale_contrast
from istdbench.methods.convolutional.networks.alcnet_basicirstd import DeconvolvedALCNet


def reach(fusion: torch.nn.Module, changed: str) -> tuple[int, int]:
    """Height and width of what changes in the fused map when one pixel of one input does."""
    maps = {"low": noise(1, 8, 15, 15), "high": noise(1, 8, 15, 15, seed=1)}
    before = fusion(**maps)
    maps[changed] = maps[changed].clone()
    maps[changed][..., 7, 7] += 1
    _, _, rows, columns = torch.nonzero(fusion(**maps) != before, as_tuple=True)
    return tuple(int(index.max() - index.min()) + 1 for index in (rows, columns))


@pytest.mark.parametrize(
    ("kind", "of_low", "of_high"),
    [("asym_bi", 3, 15), ("top_down", 3, 15), ("bottom_up", 3, 3), ("bi_local", 3, 3), ("bi_global", 15, 15)],
)
@torch.no_grad()
def test_a_fusion_looks_at_the_whole_of_the_levels_that_it_pools(kind, of_low, of_high):
    torch.manual_seed(1)
    fusion = Fusion(8, kind).eval()
    assert reach(fusion, "low") == (of_low, of_low)
    assert reach(fusion, "high") == (of_high, of_high)


@pytest.mark.parametrize(
    ("kind", "of_low", "of_high"),
    [
        *((kind, 1.0, 1.0) for kind in ("asym_bi", "bi_local", "bi_global")),
        *(("top_down", 0.5, 1.0), ("bottom_up", 1.0, 0.5)),
    ],
)
@torch.no_grad()
def test_even_weights_halve_what_they_weight_and_a_fusion_of_both_ways_doubles_it_again(kind, of_low, of_high):
    fusion = Fusion(4, kind).eval()
    for attention in filter(None, (fusion.top_down, fusion.bottom_up)):
        torch.nn.init.zeros_(attention[-2].weight)  # the last batch norm: weights of one half
    fusion.post = torch.nn.Identity()
    low, high = noise(1, 4, 5, 5), noise(1, 4, 5, 5, seed=1)
    torch.testing.assert_close(fusion(low, high), of_low * low + of_high * high)


@torch.no_grad()
def test_the_port_learns_the_scale_of_the_image_and_resizes_between_its_corners():
    ours, port = build().eval(), build(definition="pytorch").eval()
    port.encoder.norm.bias.fill_(1.0)
    image = torch.zeros(1, 3, 32, 32)
    assert not ours.encoder.norm(image).any()
    assert (port.encoder.norm(image) == 1).all()
    for network, aligned in ((ours, True), (port, False)):
        network.head = torch.nn.Conv2d(16, 1, 1)
        seen = {}
        network.head.register_forward_hook(lambda *call, seen=seen: seen.update(logits=call[-1]))
        logits = network(noise(1, 3, 32, 32))
        enlarged = F.interpolate(seen["logits"], (32, 32), mode="bilinear", align_corners=aligned)
        torch.testing.assert_close(logits, enlarged)


def test_batch_norm_of_basicirstd_forgets_outside_the_residual_blocks():
    network = ACM("unet", "asym_bi", "quarter", BASICIRSTD)
    momenta = {name: m.momentum for name, m in network.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    assert {m for name, m in momenta.items() if ".body." in name} == {0.1}
    assert {m for name, m in momenta.items() if ".body." not in name} == {0.9}
    assert momenta["encoder.stages.1.0.shortcut.1"] == 0.9


@torch.no_grad()
def test_alcnet_of_basicirstd_enlarges_its_finest_map_once_before_the_head_and_once_after():
    network, seen = DeconvolvedALCNet().eval(), []
    for part in (network.fusions[-1], network.head):
        part.register_forward_hook(lambda *call: seen.append(call[-1].shape))
    assert network(noise(1, 1, 50, 70)).shape == (1, 1, 50, 70)
    assert seen == [(1, 16, 16, 20), (1, 1, 32, 40)]


@torch.no_grad()
def test_the_stem_decides_the_size_of_the_first_map():
    def sides(stem: str) -> list[int]:
        return [x.shape[-1] for x in build(stem=stem).encoder(noise(2, 3, 64, 64))]

    assert sides("quarter") == [16, 8, 4]
    assert sides("full") == [64, 32, 16]


def slow_local_contrast(x: torch.Tensor, shift: int) -> torch.Tensor:
    height, width = x.shape
    contrast = torch.empty_like(x)
    for i in range(height):
        for j in range(width):
            differences = {
                (u, v): x[(i + u * shift) % height, (j + v * shift) % width] - x[i, j]
                for u in (-1, 0, 1)
                for v in (-1, 0, 1)
            }
            contrast[i, j] = min(differences[u, v] * differences[-u, -v] for u, v in differences if (u, v) != (0, 0))
    return contrast


@pytest.mark.parametrize("shape", [(40, 36), (9, 21)])
def test_local_contrast_looks_around_cyclically(shape):
    x = noise(*shape)
    by_shift = [slow_local_contrast(x, shift) for shift in (13, 17)]
    torch.testing.assert_close(local_contrast(x[None, None], 13)[0, 0], by_shift[0])
    torch.testing.assert_close(multiscale_contrast(x[None, None])[0, 0], torch.maximum(*by_shift))


def test_a_spot_stands_out_and_an_edge_does_not():
    spot, edge = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    spot[..., 30, 30] = 3.0
    edge[..., 32:] = 3.0
    assert multiscale_contrast(spot)[0, 0, 30, 30] == 9
    assert multiscale_contrast(spot).count_nonzero() == 1
    assert not multiscale_contrast(edge)[..., 20:44].any()


@torch.no_grad()
def test_alcnet_on_a_small_image_sees_round_its_borders():
    network = ALCNet().eval()
    assert network(noise(1, 3, 11, 5)).shape == (1, 1, 11, 5)


def test_initial_weights_have_the_deviation_of_msra_prelu():
    torch.manual_seed(0)
    network = build()
    wide, raising = network.encoder.stages[2][1].body[0], network.raisings[0]
    assert wide.weight.std().item() == pytest.approx((2 / 1.0625 / (9 * 64)) ** 0.5, rel=0.03)
    assert raising.weight.std().item() == pytest.approx((2 / 1.0625 / (16 * 48)) ** 0.5, rel=0.03)
    assert not raising.bias.any()
