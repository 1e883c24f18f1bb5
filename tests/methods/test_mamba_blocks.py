"""The blocks that stand in for MiM-ISTD's, against slow, obvious versions of themselves and their published sizes."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from istdbench.errors import UsageError
from istdbench.methods.mamba import localmamba
from istdbench.methods.mamba.localmamba import SEARCHED, parse_scans
from istdbench.methods.mamba.mim.block import SS2D, OuterPath, ScanLayer
from istdbench.methods.mamba.mixers.attention import AttentionMixer
from istdbench.methods.mamba.mixers.bidirectional import BidirectionalMamba
from istdbench.methods.mamba.mixers.local_scans import LocalSS2D, ScanAttention
from istdbench.methods.mamba.mixers.ungated import UngatedSS2D, feed_forward
from istdbench.ops import orders


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def slow_scan(layer: ScanLayer, k: int, sequence: torch.Tensor) -> torch.Tensor:
    """Direction k of a layer over one sequence (L, inside), as it comes, one step at a time."""
    A, states, rank = -torch.exp(layer.A_log[k]), layer.A_log.shape[-1], layer.dt_proj.shape[-1]
    h, y = torch.zeros_like(A), []
    for x in sequence:
        low, B, C = torch.split(layer.x_proj[k] @ x, [rank, states, states])
        delta = F.softplus(layer.dt_proj[k] @ low + layer.dt_bias[k])
        h = torch.exp(delta[:, None] * A) * h + (delta * x)[:, None] * B
        y.append(h @ C + layer.D[k] * x)
    return torch.stack(y)


def slow_causal(conv: torch.nn.Conv1d, sequence: torch.Tensor) -> torch.Tensor:
    """A depthwise convolution of each step (L, inside) and the three before it."""
    before = torch.cat([torch.zeros(3, sequence.shape[1], dtype=sequence.dtype), sequence])
    taps = conv.weight[:, 0].T  # the last for the step itself
    return torch.stack([(before[t : t + 4] * taps).sum(0) + conv.bias for t in range(len(sequence))])


@torch.no_grad()
def test_the_bidirectional_block_is_one_mamba_along_the_rows_and_one_along_them_backwards():
    layer = BidirectionalMamba(17).double()  # Δ of rank 2
    x = torch.randn(2, 3, 4, 17, dtype=torch.float64)
    expected = []
    for image in x:
        rows, gate = layer.in_proj(image).flatten(0, 1).chunk(2, dim=-1)
        forward = slow_scan(layer, 0, F.silu(slow_causal(layer.convs[0], rows)))
        backward = slow_scan(layer, 1, F.silu(slow_causal(layer.convs[1], rows.flip(0)))).flip(0)
        expected.append(layer.out_proj((forward + backward) * F.silu(gate)).view(image.shape))
    torch.testing.assert_close(layer(x), torch.stack(expected))


def test_the_bidirectional_block_has_the_parameters_of_the_public_one():
    """hustvl/Vim dd0358a, Mamba(dim, bimamba_type="v2")."""
    found = {dim: parameters(BidirectionalMamba(dim)) for dim in (16, 32, 64, 128)}
    assert found == {16: 5_184, 32: 13_696, 64: 40_704, 128: 134_656}


@torch.no_grad()
def test_the_local_block_weighs_each_scan_before_the_sum():
    layer = LocalSS2D(17, ("v", "w2", "w2_flip"), spatial=True).double()
    x = torch.randn(2, 3, 3, 17, dtype=torch.float64)
    windows = torch.tensor([0, 1, 3, 4, 2, 5, 6, 7, 8])
    paths = [torch.tensor([0, 3, 6, 1, 4, 7, 2, 5, 8]), windows, windows.flip(0)]
    expected = []
    for image in x:
        inside, gate = layer.in_proj(image).chunk(2, dim=-1)
        tokens = F.silu(layer.conv(inside.permute(2, 0, 1)[None]))[0].permute(1, 2, 0).flatten(0, 1)
        total = torch.zeros_like(tokens)
        for k, path in enumerate(paths):
            y = torch.zeros_like(tokens)
            y[path] = slow_scan(layer, k, tokens[path])
            total += layer.attention(y[None])[0]
        expected.append(layer.out_proj(layer.out_norm(total).view(gate.shape) * F.silu(gate)))
    torch.testing.assert_close(layer(x), torch.stack(expected))


@torch.no_grad()
def test_a_scans_output_is_weighed_by_channel_and_by_position():
    both, channel = (ScanAttention(16, spatial=spatial).double() for spatial in (True, False))
    channel.load_state_dict(both.state_dict(), strict=False)
    y = torch.randn(2, 5, 16, dtype=torch.float64)
    normed = both.norm(y)
    mean = F.gelu(both.reduce_mean(normed.sum(1) / 5))
    by_channel = torch.sigmoid(both.channel(mean))
    torch.testing.assert_close(channel(y), y * by_channel[:, None])
    for t in range(5):
        each = F.gelu(both.reduce_each(normed[:, t]))
        by_position = torch.sigmoid(both.position(torch.cat([each, mean], dim=1)))
        torch.testing.assert_close(both(y)[:, t], y[:, t] * by_channel * by_position)


def test_the_local_block_has_the_parameters_of_the_public_one():
    """hunto/LocalMamba 75e5d1f, VSSBlock with four directions; with spatial attention, its lightvit.BiAttn at 1/8."""
    scans = ("h", "v_flip", "w2", "w7_flip")
    blocks = {
        dim: [OuterPath(LocalSS2D(dim, scans, spatial=spatial), dim) for spatial in (False, True)]
        for dim in (16, 32, 64, 128)
    }
    found = {dim: tuple(map(parameters, pair)) for dim, pair in blocks.items()}
    assert found == {16: (8_964, 9_105), 32: (22_024, 22_561), 64: (60_432, 62_529), 128: (186_400, 194_689)}


def test_the_visual_mamba_block_has_the_parameters_of_the_public_one():
    """MzeroMiko/VMamba 0ec6c27, VSSBlock."""
    found = {dim: parameters(OuterPath(SS2D(dim), dim)) for dim in (16, 32, 64, 128)}
    assert found == {16: 8_608, 32: 20_800, 64: 55_936, 128: 169_216}


def test_the_later_visual_mamba_block_has_the_parameters_of_the_public_one():
    """MzeroMiko/VMamba 2ed52ea, VSSBlock(dim, forward_type="v05_noz") with the sizes of vmamba_tiny_s1l8."""
    found = {dim: parameters(OuterPath(UngatedSS2D(dim), dim, feed_forward(dim))) for dim in (16, 40)}
    assert found == {16: 3_328, 40: 18_560}


@torch.no_grad()
def test_the_later_visual_mamba_block_scans_four_ways_without_a_gate_and_feeds_forward():
    block = OuterPath(UngatedSS2D(17), 17, feed_forward(17)).double()  # Δ of rank 2
    layer = block.mixer
    x = torch.randn(2, 3, 4, 17, dtype=torch.float64)
    rows = torch.arange(12)
    columns = rows.view(3, 4).T.flatten()
    expected = []
    for image in x:
        normed = layer.in_proj(block.norm(image))
        tokens = F.silu(layer.conv(normed.permute(2, 0, 1)[None]))[0].permute(1, 2, 0).flatten(0, 1)
        total = torch.zeros_like(tokens)
        for k, path in enumerate((rows, columns, rows.flip(0), columns.flip(0))):
            total[path] += slow_scan(layer, k, tokens[path])
        image = image + layer.out_proj(layer.out_norm(total)).view(image.shape)
        wide = F.gelu(
            F.linear(block.feed_forward_norm(image), block.feed_forward[0].weight, block.feed_forward[0].bias)
        )
        expected.append(image + F.linear(wide, block.feed_forward[2].weight, block.feed_forward[2].bias))
    torch.testing.assert_close(block(x), torch.stack(expected))


@torch.no_grad()
def test_a_mixer_costs_its_projections_convolutions_and_scans_counted_by_hand():
    C, N, R, cells = 32, 16, 2, 8 * 6
    inside = 2 * C
    projections = cells * (C * 2 * inside + inside * C)
    scan = cells * (inside * (R + 2 * N) + inside * (7 * N + 2 * R + 3) / 2)  # x_proj, istdbench.ops.scan_flops.scan
    gates = cells * (inside * inside // 8 + 2 * inside // 8) + 2 * inside * inside // 8  # by position, by channel
    attention = cells * (4 * C * C + 2 * cells * C)
    macs = {
        SS2D(C): projections + cells * 9 * inside + 4 * scan,
        BidirectionalMamba(C): projections + 2 * (cells + 3) * 4 * inside + 2 * scan,  # three outputs are cut off
        LocalSS2D(C, ("h", "w2", "w7"), spatial=True): projections + cells * 9 * inside + 3 * (scan + gates),
        AttentionMixer(C, words=1): attention,  # of all cells as one sentence
    }
    for mixer, expected in macs.items():
        with FlopCounterMode(display=False) as counter:
            mixer.to("meta")(torch.empty(1, 8, 6, C, device="meta"))
        assert counter.get_total_flops() == 2 * expected, type(mixer).__name__


def test_localmamba_knows_the_names_of_all_scans():
    assert localmamba.SCANS == orders.SCANS


def test_one_set_of_scans_is_every_blocks_and_several_are_one_each():
    assert parse_scans("h+w2", 3) == [("h", "w2")] * 3
    assert parse_scans("h/v+v_flip/w7", 3) == [("h",), ("v", "v_flip"), ("w7",)]
    assert [len(scans) for scans in parse_scans(SEARCHED, 17)] == [4] * 17


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("h+w3", "no scan 'w3' in scans=h\\+w3; there are: h, "), ("h/v", "has 2 sets; give one for all blocks, or 17")],
)
def test_scans_that_do_not_exist_or_do_not_fit_are_refused(text, sentence):
    with pytest.raises(UsageError, match=sentence):
        parse_scans(text, 17)


@torch.no_grad()
def test_attention_weighs_the_words_of_a_sentence_by_their_likeness():
    mixer = AttentionMixer(8, words=2).double()
    words = torch.randn(3, 2, 2, 8, dtype=torch.float64)
    q, k, v = mixer.qkv(words + mixer.position).flatten(1, 2).chunk(3, dim=-1)
    mixed = torch.zeros_like(q)
    for head in (slice(0, 4), slice(4, 8)):
        for sentence in range(3):
            likeness = q[sentence, :, head] @ k[sentence, :, head].T / math.sqrt(4)
            mixed[sentence, :, head] = likeness.softmax(dim=1) @ v[sentence, :, head]
    torch.testing.assert_close(mixer(words), mixer.proj(mixed).view(words.shape))


@torch.no_grad()
def test_attention_knows_words_by_their_place():
    mixer, words = AttentionMixer(4, words=4), torch.randn(1, 4, 4, 4)
    assert not torch.allclose(mixer(words.flip(1)), mixer(words).flip(1))
    torch.nn.init.zeros_(mixer.position)
    torch.testing.assert_close(mixer(words.flip(1)), mixer(words).flip(1))
