"""The parts of MiM-ISTD against slow, obvious versions of themselves: layouts, the SS2D layer, merging, expanding."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch.nn import functional as F

from istdbench.methods.mamba.mim.block import SS2D, InnerPath, OuterPath
from istdbench.methods.mamba.mim.decoder import PatchExpanding
from istdbench.methods.mamba.mim.encoder import Grain, SentenceMerging, Stem, WordMerging, split_words
from istdbench.methods.mamba.mim.released import InvertedResidual, ReleasedInvertedResidual, ReleasedSS2D

PAPER = Grain(word=2, sentence=8)
GRAINS = list(itertools.product((1, 2, 4), (4, 8, 16)))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def join_words(words: torch.Tensor) -> torch.Tensor:
    """Words (B, H, W, 4, 4, c) as one map (B, 4 H, 4 W, c)."""
    rows = [torch.cat(list(row.unbind(1)), dim=2) for row in words.unbind(1)]
    return torch.cat(rows, dim=1)


def slow_ss2d(layer: SS2D, x: torch.Tensor) -> torch.Tensor:
    """SS2D of one map (H, W, dim), one pixel and one direction at a time."""
    height, width, _ = x.shape
    x, gate = layer.in_proj(x).chunk(2, dim=-1)
    x = F.silu(layer.conv(x.permute(2, 0, 1)[None]))[0].permute(1, 2, 0)
    by_rows = [(i, j) for i in range(height) for j in range(width)]
    by_columns = [(i, j) for j in range(width) for i in range(height)]
    y = torch.zeros_like(x)
    for k, path in enumerate([by_rows, by_columns, by_rows[::-1], by_columns[::-1]]):
        A, states = -torch.exp(layer.A_log[k]), layer.A_log.shape[-1]
        rank = layer.dt_proj.shape[-1]
        h = torch.zeros_like(A)
        for i, j in path:
            low, B, C = torch.split(layer.x_proj[k] @ x[i, j], [rank, states, states])
            delta = F.softplus(layer.dt_proj[k] @ low + layer.dt_bias[k])
            h = torch.exp(delta[:, None] * A) * h + (delta * x[i, j])[:, None] * B
            y[i, j] += h @ C + layer.D[k] * x[i, j]
    return layer.out_proj(layer.out_norm(y) * F.silu(gate))


@torch.no_grad()
def test_ss2d_is_the_scan_of_each_pixel_in_each_direction():
    layer = SS2D(17).double()  # Δ of rank 2
    x = torch.randn(2, 3, 4, 17, dtype=torch.float64)
    torch.testing.assert_close(layer(x), torch.stack([slow_ss2d(layer, one) for one in x]))


@torch.no_grad()
def test_the_released_layout_reads_permuted_memory():
    spatial, released = SS2D(2), ReleasedSS2D(2)
    released.load_state_dict(spatial.state_dict())
    a, b = torch.randn(2, 4)
    tokens = torch.stack([a, b], dim=1).view(1, 2, 2, 2)  # token t holds (a_t, b_t)
    as_read = torch.tensor([[[a[0], a[1]], [a[2], a[3]]], [[b[0], b[1]], [b[2], b[3]]]])[None]
    assert torch.equal(released(tokens), spatial(as_read))
    assert not torch.allclose(released(tokens), spatial(tokens))


def test_ss2d_starts_as_mamba_does():
    layer = SS2D(32)
    steps = F.softplus(layer.dt_bias)
    assert steps.min() >= 0.99e-3
    assert steps.max() <= 1.01e-1
    assert steps.max() > 20 * steps.min()
    torch.testing.assert_close(layer.A_log.exp()[3, 5], torch.arange(1.0, 17.0))
    assert (layer.D == 1).all()


def test_words_of_a_sentence_are_its_four_by_four_part_of_the_map():
    word_map = torch.randn(2, 8, 12, 3)
    words = split_words(word_map, 4)
    assert words.shape == (2, 2, 3, 4, 4, 3)
    assert torch.equal(words[1, 1, 2], word_map[1, 4:8, 8:12])
    assert torch.equal(join_words(words), word_map)


@torch.no_grad()
@pytest.mark.parametrize(("word", "sentence"), GRAINS)
def test_any_grain_has_its_words_and_sentences_and_the_convolutions_of_the_papers(word, sentence):
    grains = (PAPER, Grain(word, sentence))
    paper, stem = (Stem(3, sentence_dim=16, word_dim=4, with_words=True, grain=grain).eval() for grain in grains)
    words, sentences = stem(torch.randn(2, 3, 4 * sentence, 2 * sentence))
    assert words.shape == (2, 4, 2, sentence // word, sentence // word, 4)
    assert sentences.shape == (2, 4, 2, 16)
    stem.load_state_dict(paper.state_dict())


@pytest.mark.parametrize(("word", "sentence"), [grain for grain in GRAINS if grain != (1, 16)])
def test_no_grain_skips_a_pixel(word, sentence):
    stem = Stem(3, sentence_dim=16, word_dim=4, with_words=True, grain=Grain(word, sentence)).eval()
    for parameter in stem.parameters():
        parameter.data.abs_()  # no ReLU hides a pixel, and none makes up for another
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    for tokens in stem(image):
        assert (torch.autograd.grad(tokens.sum(), image, retain_graph=True)[0] > 0).all()


def test_without_readers_the_stem_has_no_word_branch():
    stem = Stem(3, sentence_dim=16, word_dim=4, with_words=False, grain=PAPER)
    assert not any(name.startswith("words") for name, _ in stem.named_parameters())
    assert stem(torch.randn(1, 3, 16, 16))[0] is None


@torch.no_grad()
def test_word_merging_convolves_each_merged_sentence_alone():
    merging = WordMerging(3, 5)
    words = torch.randn(2, 4, 6, 4, 4, 3)
    word_map = join_words(merging.norm(words))
    merged = merging(words)
    assert merged.shape == (2, 2, 3, 4, 4, 5)
    for i in range(2):
        for j in range(3):
            block = word_map[:, 8 * i : 8 * i + 8, 8 * j : 8 * j + 8].permute(0, 3, 1, 2)
            torch.testing.assert_close(merged[:, i, j], merging.conv(block).permute(0, 2, 3, 1))


@torch.no_grad()
def test_sentence_merging_joins_four_neighbours_column_by_column():
    merging = SentenceMerging(2, 3)
    x = torch.randn(1, 4, 6, 2)
    neighbours = torch.cat([x[:, 2, 4], x[:, 3, 4], x[:, 2, 5], x[:, 3, 5]], dim=-1)
    torch.testing.assert_close(merging(x)[:, 1, 2], merging.reduction(merging.norm(neighbours)))


@torch.no_grad()
def test_patch_expanding_unfolds_each_pixel_into_four():
    expanding = PatchExpanding(4)
    x = torch.randn(1, 4, 3, 5)
    numbers = expanding.expand(x[0, :, 1, 2]).view(2, 2, 2)
    y = expanding(x)
    assert y.shape == (1, 2, 6, 10)
    for row in range(2):
        for column in range(2):
            torch.testing.assert_close(y[0, :, 2 + row, 4 + column], expanding.norm(numbers[row, column]))


@torch.no_grad()
def test_the_inner_path_mixes_within_a_sentence_only():
    path = InnerPath(SS2D(2), word_dim=2, sentence_dim=5, words=4)
    words, sentences = torch.randn(1, 2, 3, 4, 4, 2), torch.randn(1, 2, 3, 5)
    changed = words.clone()
    changed[0, 1, 2, 0, 0, 0] += 1
    moved = [
        (a != b).flatten(3).any(-1)[0] for a, b in zip(path(words, sentences), path(changed, sentences), strict=True)
    ]
    only_there = torch.tensor([[False, False, False], [False, False, True]])
    assert torch.equal(moved[0], only_there)
    assert torch.equal(moved[1], only_there)


@torch.no_grad()
def test_the_outer_path_reaches_every_sentence_and_adds_to_its_input():
    path = OuterPath(SS2D(4), 4)
    x = torch.randn(1, 5, 6, 4)
    changed = x.clone()
    changed[0, 2, 3, 0] += 1
    assert (path(x) != path(changed)).any(-1).all()
    torch.nn.init.zeros_(path.mixer.out_proj.weight)
    assert torch.equal(path(x), x)


@torch.no_grad()
def test_the_feed_forward_part_convolves_the_map_that_the_words_were_cut_from():
    part = InvertedResidual(3).eval()
    word_map = torch.randn(2, 8, 12, 3)
    torch.nn.init.normal_(part.depthwise_norm.running_mean)
    x = part.expand_norm(F.gelu(part.expand(word_map.permute(0, 3, 1, 2))))
    expected = part.project_norm(part.project(x + part.depthwise_norm(F.gelu(part.depthwise(x)))))
    torch.testing.assert_close(join_words(part(split_words(word_map, 4))), expected.permute(0, 2, 3, 1))


@torch.no_grad()
def test_the_released_feed_forward_part_reads_the_words_memory_as_a_map():
    part, words = ReleasedInvertedResidual(3).eval(), torch.randn(1, 2, 2, 4, 4, 3)
    spatial = InvertedResidual(3).eval()
    spatial.load_state_dict(part.state_dict())
    as_read = words.flatten().view(3, 8, 8).permute(1, 2, 0)[None]  # channels first, rows and columns of 8 words
    expected = join_words(spatial(split_words(as_read, 4)))[0].permute(2, 0, 1)
    torch.testing.assert_close(part(words).flatten(), expected.flatten())
