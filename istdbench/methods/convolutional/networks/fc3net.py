"""The network of FC3-Net: a backbone, three compensations, and the correlation of all levels.

| symbol | meaning | where |
|---|---|---|
| B1 | first map, at half the image's size | backbone |
| c1, c2, c3 | maps at a quarter, an eighth, a sixteenth | backbone |
| F-MFC | compensation: rows of blocks for finer map, map and halved map, added up three times | first part |
| alpha_1..3 | learned weights of the levels in their sum | second part |
| CFC | correlation: that sum, and the middle level where the highest one attends | second part |
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import Doubling, bilinear
from istdbench.methods.parts.layers import SpatialAttention, conv_bn_relu, fcn_head, pad_to_multiple

STRIDE = 32  # of the coarsest row
MOMENTUM = 0.2  # of batch norm in backbone and compensation
IN_ORDER = (0, 1, 2, 3, 4, 5)
RELEASED_ORDER = (0, 1, 2, 3, 3, 4)  # of the third F-MFC: blocks 1, 2, 4, 5, 5, 6, numbered without the third


class Compensation(nn.Module):
    """F-MFC: a map with its finer neighbour and its own halved copy, exchanged three times."""

    def __init__(self, fine: int, main: int, coarse: int, order: Sequence[int] = IN_ORDER) -> None:
        """
        Args:
            fine, main, coarse: channels of the rows.
            order: the six steps of the main row, as indices of its blocks.
        """
        super().__init__()
        self.order = tuple(order)
        self.halving = conv_bn_relu(main, coarse, stride=2)
        self.fine = nn.ModuleList([_two_blocks(fine) for _ in range(3)])
        self.main = nn.ModuleList([conv_bn_relu(main, main) for _ in sorted(set(order))])
        self.coarse = nn.ModuleList([_two_blocks(coarse) for _ in range(3)])
        self.falls = nn.ModuleList([conv_bn_relu(fine, main, stride=2) for _ in range(3)])
        self.rises = nn.ModuleList([Rise(coarse, main) for _ in range(3)])

    def forward(self, fine: Tensor, main: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (B, fine, 2 H, 2 W) and (B, main, H, W) to the same shapes."""
        coarse = self.halving(main)
        for step in range(3):
            fine, coarse = self.fine[step](fine), self.coarse[step](coarse)
            for block in self.order[2 * step : 2 * step + 2]:
                main = self.main[block](main)
            main = main + self.falls[step](fine) + self.rises[step](coarse)
        return fine, main


class Rise(nn.Sequential):
    """A map to twice its size, then to other channels by a 1 x 1 convolution: (B, C, H, W) to (B, C', 2 H, 2 W)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(Doubling(), *conv_bn_relu(in_channels, out_channels, 1))


class Correlation(nn.Module):
    """CFC: three levels to one map of the lowest one's shape."""

    def __init__(self, low: int, middle: int, high: int) -> None:
        super().__init__()
        self.middle = conv_bn_relu(middle, low, 1)
        self.high = conv_bn_relu(high, low, 1)
        self.alpha = nn.Parameter(torch.randn(3))
        self.attention = SpatialAttention(kernel=3)

    def forward(self, low: Tensor, middle: Tensor, high: Tensor) -> Tensor:
        """Maps (B, ., 4 H, 4 W), (B, ., 2 H, 2 W) and (B, ., H, W) to (B, low, 4 H, 4 W)."""
        middle, high = self.middle(middle), self.high(high)
        levels = self.alpha[0] * low + self.alpha[1] * _doubled(_doubled(high)) + self.alpha[2] * _doubled(middle)
        purified = middle * _doubled(self.attention(high))
        return _doubled(purified) + (levels + low)


class FC3Net(nn.Module):
    """Backbone, three F-MFC, the levels added from the coarsest up, CFC, head."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.stem = nn.Sequential(
            *conv_bn_relu(3, 32, stride=2), *conv_bn_relu(32, 32), *conv_bn_relu(32, 16, 1, bias=False)
        )
        self.stages = nn.ModuleList([conv_bn_relu(16 * 2**i, 32 * 2**i, stride=2) for i in range(3)])
        self.compensations = nn.ModuleList(
            [Compensation(16, 32, 64), Compensation(32, 64, 128), Compensation(64, 128, 256, RELEASED_ORDER)]
        )
        self.rises = nn.ModuleList([Rise(128, 64), Rise(64, 32), Rise(32, 16)])
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = MOMENTUM
        self.correlation = Correlation(16, 32, 64)
        self.head = fcn_head(16)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) to logits (B, 1, H, W)."""
        padded, crop = pad_to_multiple(image, STRIDE)
        maps = [self.stem(self.norm(padded))]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        pairs = [compensation(*maps[i : i + 2]) for i, compensation in enumerate(self.compensations)]
        first, (c1, c2, c3) = pairs[0][0], (main for _, main in pairs)
        high = self.rises[0](c3) + c2
        middle = self.rises[1](high) + c1
        low = self.rises[2](middle) + first
        logits = self.head(self.correlation(low, middle, high))
        return crop(bilinear(logits, padded.shape[-2:]))


def _two_blocks(channels: int) -> nn.Sequential:
    return nn.Sequential(conv_bn_relu(channels, channels), conv_bn_relu(channels, channels))


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
