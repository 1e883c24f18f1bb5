"""MSDA-Net: an encoder whose units see several scales and four directions, and a decoder that aligns before it adds.

| symbol | meaning | in the released code |
|---|---|---|
| LL, LH, HL, HH | Haar's bands of a map: means, and differences of rows, of columns, and of both | `w_ll`.. `w_hh` |
| x_1..x_5 | maps of the encoder, each half as wide as the one before | `outs` |
| MDFA | weights of pixels by a 7 x 7 convolution of each band's maximum and mean over channels | `FrequencyAttention` |
| MSDA | branches of several dilations, then MDFA, then weights of channels | `RFB_modified` |
| HFDI | LH, HL and HH of the image itself, beside x_2 | `Hfrequency` |
| MLCL | three branches of growing dilation on each map that the decoder takes (Yu et al. 2022) | `RFB_modified_LCL` |
| FAF | the coarser map, changed by what it and the finer one say together, added to the finer one | `Sbam` |

In MDFA the bands have the map's size: each pixel with its upper, left and upper left neighbours, zeros beyond the map.
The released code multiplies the map by the weights of each band and adds up; ours adds the weights up and multiplies.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.layers import conv_bn_relu, pad_to_multiple, resized

CHANNELS = (16, 32, 64, 64, 64)
IMAGE_BANDS = 3 * 3
"""Of the image's three channels, three bands each."""

SUMMARY = 16
"""Channels in which each finer map is told to the coarsest."""

BANDS = 4
WINDOW = 7
REDUCTION = 4
STRIDE = 16


def haar(corner: Tensor, right: Tensor, below: Tensor, across: Tensor) -> Tensor:
    """LL, LH, HL and HH of squares of four pixels, of which each argument holds one: (...) to (4, ...).

    Args:
        corner: upper left pixels; the others are named by where they lie from there.
    """
    first, second = corner + right, below + across
    left, opposite = corner - right, below - across
    return torch.stack([first + second, first - second, left + opposite, left - opposite]) / 2


class DirectionalAwareness(nn.Module):
    """MDFA: the map plus a convolution of itself, weighed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weights = nn.Conv2d(2 * BANDS, BANDS, WINDOW, padding=WINDOW // 2, groups=BANDS)
        self.conv = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels))
        self.apply(fan_out_normal)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        padded = F.pad(x, (1, 0, 1, 0))
        bands = haar(padded[..., :-1, :-1], padded[..., :-1, 1:], padded[..., 1:, :-1], x)
        summary = torch.stack([bands.amax(2), bands.mean(2)], dim=1)  # 4, 2, B, H, W
        weights = self.weights(summary.flatten(0, 1).transpose(0, 1)).sigmoid().sum(1, keepdim=True)
        return F.relu(x + self.conv(x * weights))


class ChannelWeights(nn.Module):
    """The map with its channels weighed by their means over the image (Hu et al. 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(channels, channels // REDUCTION, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(channels // REDUCTION, channels, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        return x * self.mlp(x.mean((2, 3))).sigmoid()[..., None, None]


class DirectionAwareUnit(nn.Module):
    """MSDA: the map plus what its branches, MDFA and channel weights make of it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                nn.Sequential(_conv(channels, 1)),
                nn.Sequential(_conv(channels, 1), _conv(channels, 3)),
                nn.Sequential(_conv(channels, 3), _conv(channels, 3, dilation=3)),
                nn.Sequential(_conv(channels, 5), _conv(channels, 3, dilation=5)),
            ]
        )
        self.fusion = conv_bn_relu(len(self.branches) * channels, channels, bias=False)
        self.awareness = DirectionalAwareness(channels)
        self.channels = ChannelWeights(channels)
        self.last = _conv(channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        y = self.fusion(torch.cat([branch(x) for branch in self.branches], dim=1))
        return F.relu(x + self.last(self.channels(self.awareness(y))))


class LocalContrast(nn.Module):
    """MLCL."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                nn.Sequential(_conv(channels, 1)),
                nn.Sequential(_conv(channels, 3), _conv(channels, 3, dilation=3)),
                nn.Sequential(_conv(channels, 5), _conv(channels, 3, dilation=5)),
            ]
        )
        self.fusion = conv_bn_relu(len(self.branches) * channels, channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        return self.fusion(torch.cat([branch(x) for branch in self.branches], dim=1))


class Residual(nn.Module):
    """Two convolutions and a shortcut; where `halve`, a maximum between them, and a convolution in the shortcut."""

    def __init__(self, in_channels: int, out_channels: int, *, halve: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn_relu(in_channels, out_channels),
            *([nn.MaxPool2d(2)] if halve else []),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = conv_bn_relu(in_channels, out_channels, stride=2) if halve else nn.Identity()
        self.apply(fan_out_normal)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W), or half as high and wide."""
        return F.relu(self.body(x) + self.shortcut(x))


class AlignedFusion(nn.Module):
    """FAF."""

    def __init__(self, coarse: int, fine: int) -> None:
        """
        Args:
            coarse, fine: channels of the two maps.
        """
        super().__init__()
        self.joint = nn.Sequential(*conv_bn_relu(coarse + fine, coarse, 1), *conv_bn_relu(coarse, coarse))
        self.narrow = conv_bn_relu(coarse, fine, 1)
        self.apply(fan_out_normal)

    def forward(self, x: Tensor, fine: Tensor) -> Tensor:
        """Maps (B, coarse, h, w) and (B, fine, 2 h, 2 w) to the finer one's shape."""
        x = resized(x, 2)
        return fine + self.narrow(x + self.joint(torch.cat([x, fine], dim=1)))


class Encoder(nn.Module):
    """x_1..x_5, the last of them joined with summaries of the others."""

    def __init__(self) -> None:
        super().__init__()
        first, *_, last = CHANNELS
        self.entry = nn.Sequential(*conv_bn_relu(3, first), *conv_bn_relu(first, first))
        steps = ((first, first), (first, CHANNELS[1] - IMAGE_BANDS), *pairwise(CHANNELS[1:]))
        self.steps = nn.ModuleList(Residual(*step, halve=level > 0) for level, step in enumerate(steps))
        self.units = nn.ModuleList(nn.Sequential(DirectionAwareUnit(c), DirectionAwareUnit(c)) for c in CHANNELS)
        self.summaries = nn.ModuleList(nn.Conv2d(c, SUMMARY, 1) for c in CHANNELS[:-1])
        joint = last + SUMMARY * len(self.summaries)
        self.joint = nn.Sequential(nn.Conv2d(joint, joint, 1), nn.ReLU(), nn.Conv2d(joint, last, 1), nn.ReLU())
        for part in (self.entry, self.summaries, self.joint):
            part.apply(fan_out_normal)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Images (B, 3, H, W), sides multiples of 16, to the maps (B, CHANNELS, H / 2^i, W / 2^i)."""
        x, maps = self.entry(image), []
        for level, (step, units) in enumerate(zip(self.steps, self.units, strict=True)):
            x = step(x)
            if level == 1:
                x = torch.cat([high_bands(image), x], dim=1)
            x = units(x)
            maps.append(x)
        coarse = maps.pop()
        told = [
            F.relu(summary(F.max_pool2d(x, x.shape[-1] // coarse.shape[-1])))
            for summary, x in zip(self.summaries, maps, strict=True)
        ]
        return [*maps, self.joint(torch.cat([coarse, *told[::-1]], dim=1))]


class MSDANet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.contrasts = nn.ModuleList(LocalContrast(c) for c in CHANNELS)
        self.fusions = nn.ModuleList(AlignedFusion(*step) for step in pairwise(CHANNELS[::-1]))
        first = CHANNELS[0]
        self.head = nn.Sequential(nn.Conv2d(first, first, 1), nn.ReLU(), nn.Conv2d(first, 1, 1)).apply(fan_out_normal)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) to logits (B, 1, H, W); below and to the right, zeros fill up to a multiple of 16."""
        padded, crop = pad_to_multiple(image, STRIDE)
        *finer, x = (contrast(x) for contrast, x in zip(self.contrasts, self.encoder(padded), strict=True))
        for fusion in self.fusions:
            x = fusion(x, finer.pop())
        return crop(self.head(x))


def high_bands(image: Tensor) -> Tensor:
    """HFDI: LH of all channels, then HL, then HH, (B, C, H, W) to (B, 3 C, H / 2, W / 2)."""
    upper, lower = image[..., ::2, :], image[..., 1::2, :]
    bands = haar(upper[..., ::2], upper[..., 1::2], lower[..., ::2], lower[..., 1::2])
    return torch.cat(list(bands[1:]), dim=1)


def fan_out_normal(module: nn.Module) -> None:
    """He's initialisation by what a convolution gives, and no bias, for `nn.Module.apply`."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _conv(channels: int, kernel: int, *, dilation: int = 1) -> nn.Sequential:
    return conv_bn_relu(channels, channels, kernel, dilation=dilation, bias=False)
