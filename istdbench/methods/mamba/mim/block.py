"""The Mamba-in-Mamba block: an inner path over the words of each sentence, then an outer path over the sentences.

Both paths are given the layer that mixes their maps, so the networks of this family differ in what they put there.
MiM-ISTD puts SS2D in both (VMamba, arXiv 2401.10166, Fig. 3): a gated selective scan in four directions.

| symbol | meaning | where |
|---|---|---|
| B, H, W, w, c, C | of words (B, H, W, w, w, c) and sentences (B, H, W, C) | `network` |
| x, gate | the two halves of SS2D's input projection: what is scanned, and what multiplies the result | VMamba |
| inside | channels of each half, EXPANSION times those of the map | Mamba, section 3.4 |
| L | positions of a map, its height times its width | Mamba, section 3.6 |
| K | scan directions | VMamba |
| N | states a channel | Mamba, section 3.6 |
| R | rank of Δ's projection | Mamba, section 3.6 |
| A | state matrix, diagonal: -exp(`A_log`) | Mamba, section 3.6 |
| B_t, C_t | input and output matrices at step t: the last 2 N rows of `x_proj` x | Mamba, Algorithm 2 |
| Δ | step sizes: softplus(`dt_proj` r + `dt_bias`), where r is the first R rows of `x_proj` x | Mamba, Algorithm 2 |
| D | skip connection, from x to the scan's output | S4 (arXiv 2111.00396), Eq. 1 |

Mamba is arXiv 2312.00752. The scan itself is `istdbench.ops.scan.ss2d`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.ops import ss2d
from istdbench.ops.layer_norm import LayerNorm
from istdbench.ops.orders import cross_scan

DIRECTIONS = 4
STATES = 16
EXPANSION = 2
STEP_RANGE = (1e-3, 1e-1)  # Δ at initialisation, log-uniform (Mamba, section 3.6)


class Block(nn.Module):
    """Inner path, where there is one, then outer path."""

    def __init__(self, outer: OuterPath, inner: InnerPath | None = None) -> None:
        super().__init__()
        self.inner = inner
        self.outer = outer

    def forward(self, words: Tensor | None, sentences: Tensor) -> tuple[Tensor | None, Tensor]:
        """Words (B, H, W, w, w, c), or None where no block reads them, and sentences (B, H, W, C) (Eq. 10)."""
        if self.inner is not None:
            words, sentences = self.inner(words, sentences)
        return words, self.outer(sentences)


class InnerPath(nn.Module):
    """Mix the words within each sentence, then add their summary to the sentence.

    The released code normalises the words of a sentence together, over all w w c numbers, and their summary twice. So
    do we.
    """

    def __init__(
        self, mixer: nn.Module, word_dim: int, sentence_dim: int, feed_forward: nn.Module | None = None, *, words: int
    ) -> None:
        """
        Args:
            mixer: maps (B, w, w, word_dim) to the same shape.
            word_dim: c.
            sentence_dim: C.
            feed_forward: maps words (B, H, W, w, w, word_dim) to the same shape; the paper has none.
            words: w.
        """
        super().__init__()
        numbers = words * words * word_dim
        self.norm = LayerNorm(numbers)
        self.mixer = mixer
        self.feed_forward_norm = LayerNorm(numbers) if feed_forward is not None else None
        self.feed_forward = feed_forward
        self.summary_norm = LayerNorm(numbers)
        self.summary = nn.Linear(numbers, sentence_dim, bias=False)
        self.sentence_norm = LayerNorm(sentence_dim)

    def forward(self, words: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor]:
        """Words (B, H, W, w, w, c) and sentences (B, H, W, C) to the same shapes.

        - words = words + mixer(norm(words)) (Eq. 7)
        - sentences = sentences + norm(summary(norm(words))) (Eq. 8)
        """
        mixed = self.mixer(_normed(words, self.norm).flatten(0, 2))
        words = words + mixed.reshape(words.shape)
        if self.feed_forward is not None and self.feed_forward_norm is not None:
            words = words + self.feed_forward(_normed(words, self.feed_forward_norm))
        summary = self.summary(self.summary_norm(words.flatten(3)))
        return words, sentences + self.sentence_norm(summary)


def _normed(words: Tensor, norm: LayerNorm) -> Tensor:
    """Words (B, H, W, w, w, c), those of a sentence normalised together, to the same shape."""
    return norm(words.flatten(3)).view(words.shape)


class OuterPath(nn.Module):
    """Mix the sentences of the image. With SS2D this is VMamba's VSS block."""

    def __init__(self, mixer: nn.Module, dim: int, feed_forward: nn.Module | None = None) -> None:
        """
        Args:
            mixer: maps (B, H, W, dim) to the same shape.
            dim: C.
            feed_forward: maps (B, H, W, 1, 1, dim), sentences of one word, to the same shape; the paper has none.
        """
        super().__init__()
        self.norm = LayerNorm(dim)
        self.mixer = mixer
        self.feed_forward_norm = LayerNorm(dim) if feed_forward is not None else None
        self.feed_forward = feed_forward

    def forward(self, sentences: Tensor) -> Tensor:
        """Sentences (B, H, W, C) to the same shape: sentences + mixer(norm(sentences)) (Eq. 9)."""
        sentences = sentences + self.mixer(self.norm(sentences))
        if self.feed_forward is not None and self.feed_forward_norm is not None:
            cells = self.feed_forward_norm(sentences)[:, :, :, None, None]
            sentences = sentences + self.feed_forward(cells)[:, :, :, 0, 0]
        return sentences


class ScanLayer(nn.Module):
    """Base of the layers with selective scans: the parameters of each direction, how they start, and the scan itself.

    A subclass calls `add_scans` where these parameters are to stand among its own, and `reset_scan` at the end.
    """

    def add_scans(self, directions: int, dim: int, *, expansion: int = EXPANSION, states: int = STATES) -> None:
        """Add the parameters of the scans, without values yet.

        Args:
            directions: K.
            dim: channels of the map; the scans have `expansion` times as many.
            states: N.
        """
        inside, rank = expansion * dim, math.ceil(dim / 16)
        self.x_proj = nn.Parameter(torch.empty(directions, rank + 2 * states, inside))
        self.dt_proj = nn.Parameter(torch.empty(directions, inside, rank))
        self.dt_bias = nn.Parameter(torch.empty(directions, inside))
        self.A_log = nn.Parameter(torch.empty(directions, inside, states))
        self.D = nn.Parameter(torch.empty(directions, inside))

    @torch.no_grad()
    def reset_scan(self) -> None:
        """Initialise the scan as Mamba does: A = -1..-N (S4D-real), D = 1, softplus(dt_bias) within STEP_RANGE."""
        inside, rank = self.dt_proj.shape[1:]
        nn.init.uniform_(self.x_proj, -(inside**-0.5), inside**-0.5)
        nn.init.uniform_(self.dt_proj, -(rank**-0.5), rank**-0.5)
        low, high = map(math.log, STEP_RANGE)
        step = torch.exp(torch.empty_like(self.dt_bias).uniform_(low, high))
        self.dt_bias.copy_(step + torch.log(-torch.expm1(-step)))  # the inverse of softplus
        self.A_log.copy_(torch.arange(1, self.A_log.shape[-1] + 1).log().expand_as(self.A_log))
        nn.init.ones_(self.D)

    def scan(self, tokens: Tensor, orders: Tensor) -> Tensor:
        """Tokens (B, L, inside) scanned along orders (K, L), added up over the directions: the same shape."""
        return ss2d(tokens, orders, *self._scan_parameters)

    def scan_one(self, k: int, tokens: Tensor, orders: Tensor) -> Tensor:
        """Tokens (B, L, inside) scanned in direction k alone: the same shape."""
        return ss2d(tokens, orders[k : k + 1], *(parameter[k : k + 1] for parameter in self._scan_parameters))

    @property
    def _scan_parameters(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Those of all directions, in the order in which `ss2d` takes them."""
        return self.x_proj, self.dt_proj, self.dt_bias, self.A_log, self.D


class SS2D(ScanLayer):
    """Projection, depthwise 3 x 3 convolution, scan in four directions, norm, gate, projection."""

    def __init__(self, dim: int, *, directions: int = DIRECTIONS) -> None:
        """
        Args:
            dim: channels of the map.
            directions: K, the scans that `scan_map` makes.
        """
        super().__init__()
        inside = EXPANSION * dim
        self.in_proj = nn.Linear(dim, 2 * inside, bias=False)
        self.conv = nn.Conv2d(inside, inside, 3, padding=1, groups=inside)
        self.add_scans(directions, dim)
        self.out_norm = LayerNorm(inside)
        self.out_proj = nn.Linear(inside, dim, bias=False)
        self.reset_scan()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, H, W, dim) to the same shape."""
        x, gate = self.in_proj(x).chunk(2, dim=-1)
        if not gate.is_cuda:
            gate = gate.contiguous()  # on a CPU SiLU of a strided half takes six times as long
        x = F.silu(self.conv(x.contiguous().permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        y = self.out_norm(self.scan_map(x)).view(gate.shape)
        return self.out_proj(y * F.silu(gate))

    def scan_map(self, x: Tensor) -> Tensor:
        """Map (B, H, W, inside) scanned row by row, column by column and both backwards, added up: (B, H W, inside)."""
        height, width = x.shape[1:3]
        return self.scan(x.flatten(1, 2), cross_scan(height, width, x.device))
