"""EAMNet's network: a U-Net of convolutions and Mambas that looks at the image, and at the image after its filters.

| symbol | meaning | in the released code |
|---|---|---|
| I, I' | image; the image as `filters` changes it, normalised once more | `x`, `enhanced_images` |
| t_1..t_5 | maps of the encoder, each half as wide as the one before | the same |
| A | σ(7 x 7 convolution, dilated by 3, of a mean + b maximum of t over the channels), one for all t | `sasam` |
| U | the U-Net's logits; the network's are 0.9 U(I) + 0.1 U(I') | `out` |
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.eam.filters import AdaptiveFilters
from istdbench.methods.mamba.mixers.causal import CausalMamba
from istdbench.methods.parts.layers import pad_to_multiple, resized

CHANNELS = (8, 16, 24, 32, 48, 64)
CONVOLUTIONS = 3
"""Levels of convolutions at the fine end; the others are of Mambas."""

GROUPS = 4
PARTS = 4
"""Of the channels, each of which goes through the same Mamba."""

STRIDE = 32
MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SHARE = 0.1
"""Of I' in the logits."""


class SplitMamba(nn.Module):
    """Mamba over a map row by row, a part of the channels at a time; then a projection to other channels."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(in_channels)
        self.mamba = CausalMamba(in_channels // PARTS)
        self.skip = nn.Parameter(torch.ones(1))
        self.proj = nn.Linear(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        tokens = self.norm(x.flatten(2).mT)
        parts = torch.cat(tokens.chunk(PARTS, dim=2))  # one scan for all: (PARTS B, H W, in_channels / PARTS)
        mixed = self.mamba(parts) + self.skip * parts
        tokens = self.proj(self.norm(torch.cat(mixed.chunk(PARTS), dim=2)))
        return tokens.mT.unflatten(2, x.shape[2:])


class SharedAttention(nn.Module):
    """Each map plus itself times A."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 7, padding=9, dilation=3)
        self.mean = nn.Parameter(torch.tensor(0.5))
        self.maximum = nn.Parameter(torch.tensor(0.5))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        summary = self.mean * x.mean(1, keepdim=True) + self.maximum * x.amax(1, keepdim=True)
        return x + self.conv(summary).sigmoid() * x


class EAMNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = AdaptiveFilters()
        steps = list(pairwise((3, *CHANNELS)))
        self.encoder = nn.ModuleList(_layer(*step, level) for level, step in enumerate(steps))
        self.encoder_norms = nn.ModuleList(nn.GroupNorm(GROUPS, channels) for channels in CHANNELS[:-1])
        self.attention = SharedAttention()
        back = list(enumerate(pairwise(CHANNELS), start=1))[::-1]
        self.decoder = nn.ModuleList(_layer(coarse, fine, level) for level, (fine, coarse) in back)
        self.decoder_norms = nn.ModuleList(nn.GroupNorm(GROUPS, fine) for _, (fine, _) in back)
        self.head = nn.Conv2d(CHANNELS[0], 1, 1)
        self.apply(_initialise)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) to logits (B, 1, H, W); below and to the right, zeros fill up to a multiple of 32."""
        padded, crop = pad_to_multiple(image, STRIDE)
        mean, sd = (padded.new_tensor(numbers)[:, None, None] for numbers in (MEAN, SD))
        filtered = (self.filters(padded) - mean) / sd
        return crop((1 - SHARE) * self.look(padded) + SHARE * self.look(filtered))

    def look(self, image: Tensor) -> Tensor:
        """U: images (B, 3, H, W), sides multiples of 32, to logits (B, 1, H, W)."""
        *layers, bottom = self.encoder
        x, maps = image, []
        for layer, norm in zip(layers, self.encoder_norms, strict=True):
            x = F.gelu(F.max_pool2d(norm(layer(x)), 2))
            maps.append(self.attention(x))
        x = F.gelu(bottom(x))
        for level, (layer, norm) in enumerate(zip(self.decoder, self.decoder_norms, strict=True)):
            x = norm(layer(x))
            x = F.gelu(x if level == 0 else resized(x, 2)) + maps.pop()
        return resized(self.head(x), 2)


def _layer(in_channels: int, out_channels: int, level: int) -> nn.Module:
    if level < CONVOLUTIONS:
        return nn.Conv2d(in_channels, out_channels, 3, padding=1)
    return SplitMamba(in_channels, out_channels)


def _initialise(module: nn.Module) -> None:
    """As the released code does, which overwrites what Mamba itself gives its projections and the bias of Δ."""
    if isinstance(module, CausalMamba):
        for projection in (module.x_proj, module.dt_proj):
            nn.init.trunc_normal_(projection, std=0.02)
        nn.init.zeros_(module.dt_bias)
    elif isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv1d):
        nn.init.normal_(module.weight, std=math.sqrt(2 / (module.kernel_size[0] * module.out_channels)))
    elif isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=math.sqrt(2 / (math.prod(module.kernel_size) * module.out_channels)))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
