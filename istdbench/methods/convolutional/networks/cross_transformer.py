"""The transformer of SCTransNet, which lets the channels of all scales of an encoder attend to each other.

| symbol | meaning | in the released code |
|---|---|---|
| E_i | tokens of scale i = 1..4: of its map in patches, so that each scale has h x w of them | `emb1`..`emb4` |
| E | tokens of all scales, side by side in 480 channels | `emb_all` |
| SCTB | block: E_i + SSCA, then + CFN, each after layer norm over the channels | `Block_ViT` |
| SSCA | spatial-embedded single-head channel-cross attention: softmax(norm(Q_i K^T / sqrt(480))) V | `Attention_org` |
| Q_i, K, V | of E_i and of E, by a 1 x 1 and a grouped 3 x 3 convolution; rows of Q_i and K have length 1 | the same |
| norm | instance norm of the matrix of channels by channels | `psi` |
| CFN | complementary feed-forward network: depthwise 3 x 3 beside 5 x 5, then weights of channels | `FeedForward` |

The released code adds neither its position embeddings nor dropout, and its factors `q1_attn1`..`q4_attn4` act on
nothing: they are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import conv_bn_relu
from istdbench.ops.layer_norm import LayerNorm

BLOCKS = 4
EXPANSION = 2.66
"""Channels inside the CFN, over those outside, of each of its two kernels."""

NEIGHBOURS = 3
"""Channels that the weight of a channel in the CFN depends on."""


class ChannelNorm(LayerNorm):
    """Layer norm over the channels of each pixel."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class CrossAttention(nn.Module):
    """SSCA."""

    def __init__(self, channels: Sequence[int]) -> None:
        """
        Args:
            channels: of each scale's tokens.
        """
        super().__init__()
        total = sum(channels)
        self.queries = nn.ModuleList(_projection(c, groups=c // 2) for c in channels)
        self.keys = _projection(total, groups=total)
        self.values = _projection(total, groups=total)
        self.last = nn.ModuleList(nn.Conv2d(c, c, 1, bias=False) for c in channels)

    def forward(self, scales: Sequence[Tensor], together: Tensor) -> list[Tensor]:
        """Tokens (B, C_i, h, w) and (B, sum of C_i, h, w), normed, to tokens (B, C_i, h, w)."""
        keys = F.normalize(self.keys(together).flatten(2), dim=-1)
        values = self.values(together).flatten(2)
        attended = []
        for x, query, last in zip(scales, self.queries, self.last, strict=True):
            similarity = F.normalize(query(x).flatten(2), dim=-1) @ keys.mT / math.sqrt(keys.shape[1])
            weights = F.instance_norm(similarity[:, None])[:, 0].softmax(-1)
            attended.append(last((weights @ values).view_as(x)))
        return attended


class FeedForward(nn.Module):
    """CFN."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inside = int(channels * EXPANSION)
        self.first = nn.Conv2d(channels, 2 * inside, 1, bias=False)
        self.small, self.large = (
            nn.Conv2d(inside, inside, kernel, padding=kernel // 2, groups=inside, bias=False) for kernel in (3, 5)
        )
        self.last = nn.Conv2d(2 * inside, channels, 1, bias=False)
        self.weights = nn.Conv1d(1, 1, NEIGHBOURS, padding=NEIGHBOURS // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (B, channels, h, w) to the same shape."""
        small, large = self.first(x).chunk(2, dim=1)
        x = self.last(torch.cat([self.small(small).relu(), self.large(large).relu()], dim=1))
        means = x.mean((2, 3))[:, None]
        return x * self.weights(means).sigmoid().mT[..., None]


class CrossBlock(nn.Module):
    """SCTB."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.norms = nn.ModuleList(ChannelNorm(c) for c in channels)
        self.norm_together = ChannelNorm(sum(channels))
        self.attention = CrossAttention(channels)
        self.feed_norms = nn.ModuleList(ChannelNorm(c) for c in channels)
        self.feeds = nn.ModuleList(FeedForward(c) for c in channels)

    def forward(self, scales: list[Tensor]) -> list[Tensor]:
        """E_i, (B, C_i, h, w) each, to the same shapes."""
        together = self.norm_together(torch.cat(scales, dim=1))
        normed = [norm(x) for norm, x in zip(self.norms, scales, strict=True)]
        scales = [x + y for x, y in zip(scales, self.attention(normed, together), strict=True)]
        return [x + feed(norm(x)) for x, norm, feed in zip(scales, self.feed_norms, self.feeds, strict=True)]


class CrossTransformer(nn.Module):
    """Maps of an encoder to what all of them say of each."""

    def __init__(self, channels: Sequence[int], patches: Sequence[int]) -> None:
        """
        Args:
            channels: of each scale's map.
            patches: side of each scale's patches in pixels of its map.
        """
        super().__init__()
        self.embedding = nn.ModuleList(
            nn.Conv2d(c, c, patch, stride=patch) for c, patch in zip(channels, patches, strict=True)
        )
        self.blocks = nn.Sequential(*(CrossBlock(channels) for _ in range(BLOCKS)))
        self.norms = nn.ModuleList(ChannelNorm(c) for c in channels)
        self.restoring = nn.ModuleList(conv_bn_relu(c, c, 1) for c in channels)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps (B, C_i, H_i, W_i), each a whole number of patches, to the same shapes."""
        scales = self.blocks([embed(x) for embed, x in zip(self.embedding, maps, strict=True)])
        normed = [norm(x) for norm, x in zip(self.norms, scales, strict=True)]
        return [
            restore(bilinear(x, like.shape[-2:])) for restore, x, like in zip(self.restoring, normed, maps, strict=True)
        ]


def _projection(channels: int, groups: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False),
    )
