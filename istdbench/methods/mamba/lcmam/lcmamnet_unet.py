"""LCMamNet: an encoder of cross-shaped convolutions, two fusions of its coarser maps, a decoder that selects.

| symbol | meaning | in the released code |
|---|---|---|
| x_0..x_4 | maps of the encoder, each half as wide as the one before | the same |
| fusions | of x_1..x_4, then of x_2..x_4 as the first leaves them | `stageA`, `stageB` |
| selection | weights in (0, 1) of the channels of a finer map, from its means and those of the coarser one | `SBA` |
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.lcmam.cross import CrossBlock, CrossConv, conv_bn_silu
from istdbench.methods.mamba.lcmam.fusion import CrossScaleFusion
from istdbench.methods.parts.layers import pad_to_multiple, resized

CHANNELS = (32, 64, 128, 256, 256)
FUSED = (72, 40)
"""Channels of the tokens of the two fusions."""

REDUCTION = 8
STRIDE = 16


class Selection(nn.Module):
    """The finer map times its weights."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.of_skip = _summary(channels)
        self.of_coarse = _summary(channels)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Two maps (B, channels, H, W) to the finer one's shape."""
        return skip * (self.of_skip(skip) + self.of_coarse(coarse)).sigmoid()


class Raising(nn.Module):
    """A coarser map at twice its size, joined with what is selected of the finer one."""

    def __init__(self, channels: int, out_channels: int) -> None:
        """
        Args:
            channels: of either map.
        """
        super().__init__()
        self.selection = Selection(channels)
        self.conv = nn.Sequential(
            conv_bn_silu(2 * channels, out_channels, 1), conv_bn_silu(out_channels, out_channels, 3)
        )

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Maps (B, channels, h, w) and (B, channels, 2 h, 2 w) to (B, out_channels, 2 h, 2 w)."""
        coarse = resized(coarse, 2)
        return self.conv(torch.cat([coarse, self.selection(coarse, skip)], dim=1))


class LCMamNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        first = CHANNELS[0]
        self.entry = nn.Sequential(CrossConv(1, first), CrossConv(first, first))
        self.encoder = nn.ModuleList(CrossBlock(*step) for step in pairwise(CHANNELS))
        self.fusions = nn.ModuleList(
            CrossScaleFusion(CHANNELS[level:], dim) for level, dim in enumerate(FUSED, start=1)
        )
        skips = CHANNELS[-2::-1]
        self.decoder = nn.ModuleList(Raising(*step) for step in pairwise((*skips, first)))
        self.head = nn.Conv2d(first, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W) to logits (B, 1, H, W); below and to the right, zeros fill up to a multiple of 16."""
        padded, crop = pad_to_multiple(image, STRIDE)
        maps = [self.entry(padded)]
        for block in self.encoder:
            maps.append(block(F.max_pool2d(maps[-1], 2)))
        for level, fusion in enumerate(self.fusions, start=1):
            maps[level:] = fusion(maps[level:])
        x = maps.pop()
        for raising in self.decoder:
            x = raising(x, maps.pop())
        return crop(self.head(x))


def _summary(channels: int) -> nn.Sequential:
    narrow = max(8, channels // REDUCTION)
    return nn.Sequential(
        nn.AdaptiveAvgPool2d(1),
        nn.Conv2d(channels, narrow, 1, bias=False),
        nn.ReLU(inplace=True),
        nn.Conv2d(narrow, channels, 1, bias=False),
    )
