"""The outer U-Net of UIU-Net: six stages down, five up, and a side output of each level.

| symbol | meaning | where |
|---|---|---|
| RSU-L | residual U-block of L levels (`networks.residual_u`) | Qin et al. 2020, U2-Net |
| RSU-4F | RSU-4 with dilation in place of pooling | U2-Net |
| IC-A | interactive-cross attention: fusion of a stage with the raised coarser one | UIU-Net |
| d_0..d_6 | logits: of all side outputs together; of decoder stages 1 to 5; of encoder stage 6 | UIU-Net |
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from istdbench.methods.convolutional.networks.residual_u import ResidualU, halved, raised
from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.layers import SpatialAttention, channel_attention, conv_bn_relu

REDUCTION = 4


class CrossAttention(nn.Module):
    """IC-A: the high level weights the low level's channels, and that weights the high level's pixels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.high = conv_bn_relu(channels, channels, 1)
        self.top_down = channel_attention(channels, reduction=REDUCTION, pooled=True)
        self.bottom_up = nn.Sequential(
            conv_bn_relu(channels, channels // REDUCTION, 1),
            SpatialAttention(kernel=3),
        )
        self.post = conv_bn_relu(channels, channels)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """Low and high level (B, C, H, W) to both, side by side: (B, 2 C, H, W)."""
        high = self.high(high)
        low = low * self.top_down(high)
        high = high * self.bottom_up(low)
        return torch.cat([self.post(2 * low), self.post(2 * high)], dim=1)


class Beside(nn.Module):
    """Low and high level side by side, as in a plain U-Net."""

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """Low (B, C, H, W) and high level (B, C', H, W) to (B, C' + C, H, W)."""
        return torch.cat([high, low], dim=1)


class UIUNet(nn.Module):
    """Images of any size to logits of the same size; seven heads in training."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(
            [
                ResidualU(3, 32, 64, levels=7),
                ResidualU(64, 32, 128, levels=6),
                ResidualU(128, 64, 256, levels=5),
                ResidualU(256, 128, 512, levels=4),
                ResidualU(512, 256, 512, levels=4, dilated=True),
                ResidualU(512, 256, 512, levels=4, dilated=True),
            ]
        )
        self.fusions = nn.ModuleList([*(CrossAttention(channels) for channels in (512, 512, 256, 128)), Beside()])
        self.decoder = nn.ModuleList(
            [
                ResidualU(1024, 256, 512, levels=4, dilated=True),
                ResidualU(1024, 128, 256, levels=4),
                ResidualU(512, 64, 128, levels=5),
                ResidualU(256, 32, 64, levels=6),
                ResidualU(128, 16, 64, levels=7),
            ]
        )
        self.sides = nn.ModuleList([nn.Conv2d(channels, 1, 3, padding=1) for channels in (64, 64, 128, 256, 512, 512)])
        self.merge = nn.Conv2d(len(self.sides), 1, 1)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, 3, H, W) to d_0 (B, 1, H, W); in training mode to d_0..d_6, each at the image's size."""
        x, skips = image, []
        for index, stage in enumerate(self.encoder):
            x = stage(halved(x) if index else x)
            skips.append(x)
        maps = [skips.pop()]
        for fusion, stage in zip(self.fusions, self.decoder, strict=True):
            low = skips.pop()
            maps.append(stage(fusion(low, raised(maps[-1], low))))
        sides = [raised(side(x), image) for side, x in zip(self.sides, reversed(maps), strict=True)]
        merged = self.merge(torch.cat(sides, dim=1))
        return Outputs(masks=(merged, *sides)) if self.training else merged
