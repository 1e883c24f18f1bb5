"""The network of RKformer: an encoder of Runge-Kutta steps, whose rates are convolution and transformer side by side.

| symbol | meaning |
|---|---|
| y_i | map of stage i = 1..4, of 1 / 2^(i + 1) of the image's sides; y_0 of half of them, from the stem |
| RKT | Runge-Kutta transformer block, one a stage: y + (k_1 + k_2) / 2 |
| k_1, k_2 | rates F_1(y) and F_2(y + k_1), each by a PEB of its own |
| PEB | parallel encoder block F: a residual block beside a transformer layer, put together by a 1 x 1 convolution |
| RCA | random-connection attention of the transformer layer, see `random_connections` |
| d_i | map of the decoder at the size of y_i: a residual block of y_i plus d_(i + 1) narrowed and enlarged |

RKT is Heun's method, of second order, with a step of 1 for dy / dt = F(y).
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

import torch
from torch import Tensor, nn

from istdbench.methods.convolutional.networks.random_connections import RandomConnectionAttention
from istdbench.methods.parts.layers import ResidualBlock, conv_bn_relu, fcn_head, pad_to_multiple, resized
from istdbench.ops.layer_norm import LayerNorm

CHANNELS = (32, 64, 128, 256, 512)
"""Of y_0..y_4."""

EXPANSION = 4
"""Of a transformer layer's MLP."""

SEED = 0
"""Of every random connection, whatever the training's own."""


class TransformerLayer(nn.Module):
    """RCA and MLP over the pixels of a map, each after layer norm and with a shortcut (Dosovitskiy et al. 2021)."""

    def __init__(self, channels: int, draw: Random) -> None:
        super().__init__()
        self.norm = LayerNorm(channels)
        self.attention = RandomConnectionAttention(channels, draw)
        self.mlp = nn.Sequential(
            LayerNorm(channels),
            nn.Linear(channels, EXPANSION * channels),
            nn.GELU(),
            nn.Linear(EXPANSION * channels, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, h, w) to the same shape."""
        height, width = x.shape[2:]
        tokens = x.flatten(2).mT
        tokens = tokens + self.attention(self.norm(tokens), height, width)
        tokens = tokens + self.mlp(tokens)
        return tokens.mT.reshape(x.shape)


class ParallelEncoder(nn.Module):
    """PEB."""

    def __init__(self, channels: int, draw: Random) -> None:
        super().__init__()
        self.convolution = ResidualBlock(channels, channels)
        self.transformer = TransformerLayer(channels, draw)
        self.fusion = nn.Sequential(nn.Conv2d(2 * channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, h, w) to its rate of change, the same shape."""
        return self.fusion(torch.cat([self.convolution(x), self.transformer(x)], dim=1))


class RungeKuttaStep(nn.Module):
    """RKT of two rates."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        """
        Args:
            first, second: F_1 and F_2, from maps to maps of the same shape.
        """
        super().__init__()
        self.first, self.second = first, second

    def forward(self, y: Tensor) -> Tensor:
        """A map to the same shape."""
        k1 = self.first(y)
        k2 = self.second(y + k1)
        return y + (k1 + k2) / 2


class Fusion(nn.Module):
    """d_i of y_i and d_(i + 1)."""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.narrow = conv_bn_relu(coarse, fine, 1, bias=False)
        self.block = ResidualBlock(fine, fine)

    def forward(self, skip: Tensor, coarse: Tensor) -> Tensor:
        """Maps (B, fine, h, w) and (B, coarse, h / 2, w / 2) to (B, fine, h, w)."""
        return self.block(skip + resized(self.narrow(coarse), 2))


class RKformer(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        draw = Random(SEED)
        self.stem = conv_bn_relu(in_channels, CHANNELS[0], stride=2, bias=False)
        self.encoder = nn.ModuleList(_stage(*sizes, draw) for sizes in pairwise(CHANNELS))
        self.bottom = ResidualBlock(CHANNELS[-1], CHANNELS[-1])
        self.decoder = nn.ModuleList(Fusion(fine, coarse) for fine, coarse in pairwise(CHANNELS))
        self.head = fcn_head(CHANNELS[0])

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, in_channels, H, W) to logits (B, 1, H, W); below and to the right, zeros fill up to 32."""
        padded, crop = pad_to_multiple(image, 2 ** len(CHANNELS))
        maps = [self.stem(padded)]
        for stage in self.encoder:
            maps.append(stage(maps[-1]))
        x = self.bottom(maps.pop())
        for fusion, skip in zip(reversed(self.decoder), reversed(maps), strict=True):
            x = fusion(skip, x)
        return crop(resized(self.head(x), 2))


def _stage(finer: int, channels: int, draw: Random) -> nn.Sequential:
    """y_(i - 1) to y_i."""
    rates = (ParallelEncoder(channels, draw) for _ in range(2))
    return nn.Sequential(conv_bn_relu(finer, channels, stride=2, bias=False), RungeKuttaStep(*rates))
