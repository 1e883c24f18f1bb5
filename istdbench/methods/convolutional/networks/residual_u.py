"""The residual U-block (Qin et al. 2020, U2-Net): a U-Net whose output is added to its entry convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import conv_bn_relu


class ResidualU(nn.Module):
    """RSU-L, or RSU-LF where it is dilated."""

    def __init__(self, in_channels: int, inside: int, out_channels: int, levels: int, *, dilated: bool = False) -> None:
        """
        Args:
            inside: channels within the U.
            levels: L.
            dilated: whether dilation doubles from level to level, in place of halving the map.
        """
        super().__init__()
        self.dilated = dilated
        dilations = [2**level if dilated else 1 for level in range(levels - 1)]
        widths_down = [out_channels] + (levels - 2) * [inside]
        widths_up = (levels - 2) * [inside] + [out_channels]
        self.entry = conv_bn_relu(in_channels, out_channels)
        self.down = nn.ModuleList(
            conv_bn_relu(width, inside, dilation=d) for width, d in zip(widths_down, dilations, strict=True)
        )
        self.bottom = conv_bn_relu(inside, inside, dilation=2 ** (levels - 1) if dilated else 2)
        self.up = nn.ModuleList(
            conv_bn_relu(2 * inside, width, dilation=d) for width, d in zip(widths_up, reversed(dilations), strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        x = entry = self.entry(x)
        skips: list[Tensor] = []
        for down in self.down:
            x = down(halved(x) if skips and not self.dilated else x)
            skips.append(x)
        x = self.bottom(x)
        for up, skip in zip(self.up, reversed(skips), strict=True):
            x = up(torch.cat([raised(x, skip), skip], dim=1))
        return x + entry


def halved(x: Tensor) -> Tensor:
    """The largest of every 2 x 2 cells: (B, C, H, W) to (B, C, H / 2, W / 2), rounded up."""
    return F.max_pool2d(x, 2, stride=2, ceil_mode=True)


def raised(x: Tensor, like: Tensor) -> Tensor:
    """`x` at the height and width of `like`, bilinear."""
    return bilinear(x, like.shape[-2:])
