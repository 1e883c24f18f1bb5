"""Heat conduction on feature maps by finite differences, as TCI-Former has it: attention, source, boundary.

A map is a temperature u(x, y, t) of each channel: x and y are places, the time t is the depth in the network. The pixel
movement differential equation (PMDE) is the heat equation ∂u/∂t = ∇·(κ ∇u) + s. A block takes one explicit step of it,
conduction first and source then.

Symbol   Meaning
u        map, h x w pixels of C channels
n        one of the four neighbours of a pixel: below, above, right, left
D_n u    u at neighbour n less u at the pixel; 0 where n lies beyond the map, so that no heat leaves it
q, k, v  queries, keys and values of u, after layer norm: 1 x 1 convolutions
κ_n      conductivity towards neighbour n, a number a pixel and head: softmax over n and the pixel itself of q · k / √d
TCIA     thermal conduction-inspired attention: W Σ_n κ_n D_n v, which is ∇·(κ ∇v) on the five-point stencil
s        source: 1 x 1 convolution, depthwise 3 x 3, GELU, 1 x 1, after layer norm
φ        size of the heat flux, |∇ W u|, by central differences
TCBM     thermal conduction boundary module: features g of target boundaries, from φ of all scales, coarse to fine

The paper's text beyond its abstract and first paragraph was not to be had, so none of its equations has a number here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.cross_transformer import ChannelNorm
from istdbench.methods.parts.layers import conv_bn_relu, resized

HEAD_DIM = 8
"""Channels of a head of the attention; d."""

EXPANSION = 2
"""Channels inside a source, over those outside."""

BOUNDARY_CHANNELS = 8
"""Of φ and g at every scale."""


class Conduction(nn.Module):
    """TCIA.

    A neighbour's share in the softmax against the pixel's own depends on q · (k_n - k) alone, so that D_n of the keys
    is all that it takes. As the shares add up to 1, v + Σ_n κ_n D_n v lies between the least and the largest v of the
    five pixels, which keeps the explicit step stable.
    """

    def __init__(self, channels: int) -> None:
        """
        Args:
            channels: C, a multiple of HEAD_DIM.
        """
        super().__init__()
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.last = nn.Conv2d(channels, channels, 1)

    def forward(self, u: Tensor) -> Tensor:
        """Map (B, C, h, w), normed, to what conduction adds to each pixel, of the same shape."""
        q, k, v = self.qkv(u).chunk(3, dim=1)
        return self.last(conducted(q, k, v))


class Source(nn.Sequential):
    """s."""

    def __init__(self, channels: int) -> None:
        inside = EXPANSION * channels
        super().__init__(
            nn.Conv2d(channels, inside, 1),
            nn.Conv2d(inside, inside, 3, padding=1, groups=inside),
            nn.GELU(),
            nn.Conv2d(inside, channels, 1),
        )


class HeatStep(nn.Module):
    """One step of time: u + TCIA, then + s."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conduction_norm, self.conduction = ChannelNorm(channels), Conduction(channels)
        self.source_norm, self.source = ChannelNorm(channels), Source(channels)

    def forward(self, u: Tensor) -> Tensor:
        """Map (B, C, h, w) to the same shape."""
        u = u + self.conduction(self.conduction_norm(u))
        return u + self.source(self.source_norm(u))


class BoundaryModule(nn.Module):
    """TCBM."""

    def __init__(self, channels: Sequence[int]) -> None:
        """
        Args:
            channels: of the body's maps, finest first, each of half the size of the one before.
        """
        super().__init__()
        inside = BOUNDARY_CHANNELS
        self.narrow = nn.ModuleList(nn.Conv2d(c, inside, 1, bias=False) for c in channels)
        from_coarser = [*(inside for _ in channels[1:]), 0]
        self.fuse = nn.ModuleList(conv_bn_relu(inside + coarser, inside, bias=False) for coarser in from_coarser)

    def forward(self, body: Sequence[Tensor]) -> Tensor:
        """Maps (B, C_i, h_i, w_i), finest first, to g of the finest scale, (B, BOUNDARY_CHANNELS, h_0, w_0)."""
        fluxes = [flux(narrow(u)) for narrow, u in zip(self.narrow, body, strict=True)]
        g = self.fuse[-1](fluxes[-1])
        for fuse, own in zip(reversed(self.fuse[:-1]), reversed(fluxes[:-1]), strict=True):
            g = fuse(torch.cat([own, resized(g, 2)], dim=1))
        return g


def conducted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Σ_n κ_n D_n v of queries, keys and values, (B, C, h, w) each, in heads of HEAD_DIM channels."""
    heads = (-1, HEAD_DIM)
    towards = (q[:, None] * differences(k)).unflatten(2, heads).sum(3) / math.sqrt(HEAD_DIM)  # B, 4, heads, h, w
    shares = torch.cat([torch.zeros_like(towards[:, :1]), towards], dim=1).softmax(1)
    conductivity = shares[:, 1:, :, None]
    return (conductivity * differences(v).unflatten(2, heads)).sum(1).flatten(1, 2)


def differences(u: Tensor) -> Tensor:
    """D_n u of a map (B, C, h, w), as (B, 4, C, h, w): of the neighbours below, above, right and left."""
    down, across = u[..., 1:, :] - u[..., :-1, :], u[..., 1:] - u[..., :-1]
    return torch.stack(
        [
            F.pad(down, (0, 0, 0, 1)),
            F.pad(-down, (0, 0, 1, 0)),
            F.pad(across, (0, 1)),
            F.pad(-across, (1, 0)),
        ],
        dim=1,
    )


def flux(u: Tensor) -> Tensor:
    """|∇u| of a map (B, C, h, w), of the same shape; at least 1e-3, where its own gradient is finite."""
    below, above, right, left = differences(u).unbind(1)
    return (((below - above) / 2).square() + ((right - left) / 2).square() + 1e-6).sqrt()
