"""Cross-shaped convolutions: each arm looks one way from a pixel, and none looks back.

| symbol | meaning | in the released code |
|---|---|---|
| arms | convolutions of a pixel and two to its left, right, above, below; a quarter of the channels each | `CDConv` |
| b | narrow channels of a residual block, about 5/8 of its outputs | `bottleneck` |
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ARM = 3
BEYOND = ARM - 1
WAYS = (
    (BEYOND, 0, 0, 0),
    (0, BEYOND, 0, 0),
    (0, 0, BEYOND, 0),
    (0, 0, 0, BEYOND),
)
"""Zeros around the map for each arm: left, right, above, below."""


class CrossConv(nn.Module):
    """The arms side by side with batch norm and SiLU, then a 1 x 1 convolution with both."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        kernels = ((1, ARM), (1, ARM), (ARM, 1), (ARM, 1))
        self.arms = nn.ModuleList(nn.Conv2d(in_channels, out_channels // 4, kernel, bias=False) for kernel in kernels)
        self.norm = nn.BatchNorm2d(out_channels)
        self.fuse = conv_bn_silu(out_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        seen = [arm(F.pad(x, zeros)) for arm, zeros in zip(self.arms, WAYS, strict=True)]
        return self.fuse(F.silu(self.norm(torch.cat(seen, dim=1))))


class CrossBlock(nn.Module):
    """A residual block: a cross between two 1 x 1 convolutions, on b channels."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        narrow = round(out_channels * 0.625 / 8) * 8
        self.reduce = conv_bn_silu(in_channels, narrow, 1)
        self.cross = CrossConv(narrow, narrow)
        self.expand = conv_bn(narrow, out_channels, 1)
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = conv_bn(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        return F.silu(self.expand(self.cross(self.reduce(x))) + self.shortcut(x))


def conv_bn(in_channels: int, out_channels: int, kernel: int) -> nn.Sequential:
    """Convolution without bias, batch norm; the map keeps its size."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(out_channels)
    )


def conv_bn_silu(in_channels: int, out_channels: int, kernel: int) -> nn.Sequential:
    """`conv_bn` and SiLU."""
    return nn.Sequential(*conv_bn(in_channels, out_channels, kernel), nn.SiLU(inplace=True))
