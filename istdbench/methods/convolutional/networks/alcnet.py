"""The network of ALCNet: ACM's encoder, the local contrast of each level, and their fusion from the coarsest up.

| symbol | meaning | where |
|---|---|---|
| F | feature map | - |
| s | shift in cells of the map, 13 and 17 | dilated local contrast |
| B_1..B_8 | F moved by s in the eight directions, cyclically; B_i and B_(i + 4) are opposite | cyclic shift |
| C | min over i = 1..4 of (B_i - F) (B_(i + 4) - F) | local contrast |
| MLC | max of C over s | multi-scale local contrast |
| L(X) | weights of channels at each pixel of the low-level map X, without a bottleneck | bottom-up modulation |
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from istdbench.methods.convolutional.networks.acm import CHANNELS, ResidualEncoder, full_stem, initialise
from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import channel_attention, conv_bn_relu, fcn_head
from istdbench.methods.parts.neighbours import HALF_OF_NEIGHBOURS

SHIFTS = (13, 17)


def local_contrast(x: Tensor, shift: int) -> Tensor:
    """C of one shift: (B, C, H, W) to the same shape. Positive where a cell differs from both sides in one sense."""
    products = []
    for rows, columns in HALF_OF_NEIGHBOURS:
        by = (rows * shift, columns * shift)
        one, opposite = x.roll(by, dims=(2, 3)), x.roll((-by[0], -by[1]), dims=(2, 3))
        products.append((one - x) * (opposite - x))
    return torch.stack(products).amin(0)


def multiscale_contrast(x: Tensor) -> Tensor:
    """MLC: (B, C, H, W) to the same shape."""
    return torch.stack([local_contrast(x, shift) for shift in SHIFTS]).amax(0)


class BottomUpFusion(nn.Module):
    """The high-level map, weighted by the low-level one, added to it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.low_norm = nn.BatchNorm2d(channels)
        self.high_norm = nn.BatchNorm2d(channels)
        self.bottom_up = channel_attention(channels, reduction=1, pooled=False)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """X and Y (B, C, H, W) to X + L(X) Y, both normalised first."""
        low, high = self.low_norm(low), self.high_norm(high)
        return low + self.bottom_up(low) * high


class ALCNet(nn.Module):
    """Local contrast of each level, fused from the coarsest up."""

    def __init__(self) -> None:
        super().__init__()
        low, middle, high = CHANNELS
        self.encoder = ResidualEncoder(full_stem())
        self.reduce_middle = conv_bn_relu(middle, low, 1, bias=False)
        self.reduce_high = conv_bn_relu(high, low, 1, bias=False)
        self.fuse_middle = BottomUpFusion(low)
        self.fuse_low = BottomUpFusion(low)
        self.head = fcn_head(low)
        self.apply(initialise)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) to logits (B, 1, H, W)."""
        low, middle, high = (multiscale_contrast(x) for x in self.encoder(image))
        middle = self.reduce_middle(middle)
        x = self.fuse_middle(middle, _resized(self.reduce_high(high), middle))
        return self.head(self.fuse_low(low, _resized(x, low)))


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return bilinear(x, like.shape[-2:], align_corners=True)
