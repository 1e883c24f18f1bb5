"""Maps of several sizes as one sequence of tokens, mixed both ways by Mamba.

| symbol | meaning | in the released code |
|---|---|---|
| x_i | maps, the finest first, each half as wide as the one before | `xs` |
| tokens | of all maps: the pixels of the finest row by row, then those of the next | `seq` |
| d | channels of a token, 72 for four maps and 40 for three | `embed_dim` |
| gamma | learned weight of each channel of what Mamba adds, 0.1 at first | the same |
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.lcmam.cross import conv_bn
from istdbench.methods.mamba.mixers.causal import CausalMamba
from istdbench.ops.layer_norm import LayerNorm

GAMMA = 0.1


class Entry(nn.Module):
    """A map on d channels, plus a depthwise convolution of it."""

    def __init__(self, in_channels: int, dim: int) -> None:
        super().__init__()
        self.pw = nn.Conv2d(in_channels, dim, 1, bias=False)
        self.dw = nn.Conv2d(dim, dim, 3, padding=1, groups=dim, bias=False)
        self.norm = nn.BatchNorm2d(dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, d, H, W)."""
        x = self.pw(x)
        return F.silu(self.norm(x + self.dw(x)))


class TwoWayMamba(nn.Module):
    """Tokens plus the mean of two Mambas, one of which sees them in reverse."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = LayerNorm(dim)
        self.ahead = CausalMamba(dim)
        self.behind = CausalMamba(dim)
        self.gamma = nn.Parameter(torch.full((dim,), GAMMA))

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, L, d) to the same shape."""
        y = self.norm(tokens)
        return tokens + self.gamma * 0.5 * (self.ahead(y) + self.behind(y.flip(1)).flip(1))


class Refinement(nn.Module):
    """A map plus depthwise convolutions of it at two sizes."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.proj_in = nn.Conv2d(dim, 2 * dim, 1, bias=False)
        self.near = nn.Conv2d(dim, dim, 3, padding=1, groups=dim, bias=False)
        self.far = nn.Conv2d(dim, dim, 5, padding=2, groups=dim, bias=False)
        self.proj_out = nn.Conv2d(2 * dim, dim, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, d, H, W) to the same shape."""
        near, far = self.proj_in(x).chunk(2, dim=1)
        return x + self.proj_out(F.silu(torch.cat([self.near(near), self.far(far)], dim=1)))


class CrossScaleFusion(nn.Module):
    """Each map plus what the tokens of all make of it."""

    def __init__(self, channels: Sequence[int], dim: int) -> None:
        """
        Args:
            channels: of each map.
            dim: d.
        """
        super().__init__()
        self.entries = nn.ModuleList(Entry(c, dim) for c in channels)
        self.mixer = TwoWayMamba(dim)
        self.refiners = nn.ModuleList(Refinement(dim) for _ in channels)
        self.exits = nn.ModuleList(conv_bn(dim, c, 1) for c in channels)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps (B, channels, H, W), each of its own channels and size, to the same shapes."""
        tokens = [entry(x).flatten(2).mT for entry, x in zip(self.entries, maps, strict=True)]
        mixed = self.mixer(torch.cat(tokens, dim=1)).split([part.shape[1] for part in tokens], dim=1)
        return [
            x + leave(refine(part.mT.unflatten(2, x.shape[2:])))
            for x, part, refine, leave in zip(maps, mixed, self.refiners, self.exits, strict=True)
        ]
