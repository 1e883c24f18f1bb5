"""The network of ISTDU-Net: a U-Net whose encoder weighs groups of maps, and whose skips attend to a learned memory.

| symbol | meaning | in the released code |
|---|---|---|
| x_1..x_4 | maps of the encoder's stages, of 1, 1 / 2, 1 / 4 and 1 / 8 of the image's sides | `down` |
| r | splits of a map, 2; each has a convolution of its own, and per channel a weight, which sum up to 1 | `radix` |
| g | groups of channels that a split's convolution keeps apart, 4 | `cardinality` |
| F | external attention: how much a pixel is like each of 64 learned keys, and that mixture of 64 values | `DN` |
| u_i | decoder's map at the size of x_i: F(x_i) + enlarged 1 x 1 convolution of u_(i + 1) | `up` |

Two heads read u_1. The one draws the mask; the other marks targets, and nothing but training looks at it.

Sources of the parts: Zhang et al., ResNeSt, CVPR Workshops 2022 (splits); Guo et al., Beyond Self-Attention: External
Attention Using Two Linear Layers for Visual Tasks, TPAMI 2023 (memory).
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import conv_bn_relu, he_normal, pad_to_multiple

STEM = 16
STAGES = ((16, 1), (32, 2), (64, 4), (128, 8))
"""Channels inside a block, and blocks, of each stage."""

EXPANSION = 4
"""Channels of a stage's map over those inside its blocks."""

SPLITS, GROUPS = 2, 4
"""r and g."""

MEMORY = 64
"""Keys of the external attention, and values."""

STRIDE = 8
"""Of the coarsest map."""


class SplitAttention(nn.Module):
    """Two convolutions of a map, and their sum with weights for each channel, from the means over the image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inside = max(channels * SPLITS // 4, 32)
        self.splits = nn.Sequential(
            nn.Conv2d(channels, SPLITS * channels, 3, padding=1, groups=SPLITS * GROUPS, bias=False),
            nn.BatchNorm2d(SPLITS * channels),
            nn.ReLU(inplace=True),
        )
        self.weights = nn.Sequential(
            nn.Conv2d(channels, inside, 1, groups=GROUPS),
            nn.BatchNorm2d(inside),
            nn.ReLU(inplace=True),
            nn.Conv2d(inside, SPLITS * channels, 1, groups=GROUPS),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        splits = self.splits(x).unflatten(1, (SPLITS, -1))
        means = splits.sum(1).mean((2, 3), keepdim=True)
        by_group = self.weights(means).unflatten(1, (GROUPS, SPLITS, -1)).softmax(2)
        return (by_group.transpose(1, 2).flatten(2, 3) * splits).sum(1)


class Bottleneck(nn.Module):
    """Through fewer channels and back, with a shortcut; halves the map where its shortcut does."""

    def __init__(self, in_channels: int, inside: int, stride: int = 1) -> None:
        super().__init__()
        out_channels = EXPANSION * inside
        self.body = nn.Sequential(
            *conv_bn_relu(in_channels, inside, 1, bias=False),
            SplitAttention(inside),
            nn.AvgPool2d(3, stride=stride, padding=1) if stride > 1 else nn.Identity(),
            nn.Conv2d(inside, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride), nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, 4 x inside, H / stride, W / stride)."""
        return (self.shortcut(x) + self.body(x)).relu()


class ExternalAttention(nn.Module):
    """F: each key is looked for among the pixels, and each pixel is given the values of the keys that it answers to.

    Keys and values are parameters, equal where training begins. In the released code they stay one tensor on a CPU; on
    a GPU, where its authors train, they are two, as here.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Conv2d(channels, channels, 1)
        self.keys = nn.Conv1d(channels, MEMORY, 1, bias=False)
        self.values = nn.Conv1d(MEMORY, channels, 1, bias=False)
        self.project = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))
        self.apply(he_normal)
        self.keys.weight.data = self.values.weight.data.transpose(0, 1).clone()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        pixels = self.query(x).flatten(2)
        likeness = self.keys(pixels).softmax(-1)
        shares = likeness / (1e-9 + likeness.sum(1, keepdim=True))
        return x + self.project(self.values(shares).unflatten(-1, x.shape[-2:]))


class ISTDUNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        outside = [EXPANSION * inside for inside, _ in STAGES]
        self.norm = nn.BatchNorm2d(1, affine=False)
        self.stem = conv_bn_relu(1, STEM, bias=False)
        self.stages = nn.ModuleList(
            _stage(in_channels, inside, blocks, stride=1 if index == 0 else 2)
            for index, (in_channels, (inside, blocks)) in enumerate(zip([STEM, *outside], STAGES, strict=False))
        )
        self.stages.apply(he_normal)
        self.skips = nn.ModuleList(ExternalAttention(channels) for channels in outside)
        self.narrow = nn.ModuleList(conv_bn_relu(coarse, fine, 1, bias=False) for fine, coarse in pairwise(outside))
        self.head = _head(outside[0])
        self.side_head = _head(outside[0])

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, 1, H, W) to logits (B, 1, H, W); in training mode those of both heads.

        Below and to the right of the image, zeros fill up to a multiple of 8.
        """
        padded, crop = pad_to_multiple(image, STRIDE)
        x = self.stem(self.norm(padded))
        skips: list[Tensor] = []
        for stage, attend in zip(self.stages, self.skips, strict=True):
            x = stage(x)
            skips.append(attend(x))
        u = skips[-1]
        for skip, narrow in zip(reversed(skips[:-1]), reversed(list(self.narrow)), strict=True):
            u = skip + bilinear(narrow(u), scale_factor=2)
        mask = crop(self.head(u))
        return Outputs(masks=(mask, crop(self.side_head(u)))) if self.training else mask


def _stage(in_channels: int, inside: int, blocks: int, stride: int) -> nn.Sequential:
    first = Bottleneck(in_channels, inside, stride)
    return nn.Sequential(first, *(Bottleneck(EXPANSION * inside, inside) for _ in range(blocks - 1)))


def _head(channels: int) -> nn.Sequential:
    return nn.Sequential(*conv_bn_relu(channels, channels // 4, bias=False), nn.Conv2d(channels // 4, 1, 1))
