"""The network of Dim2Clear: a U-Net that enhances details in space and in frequency, and learns to give the image back.

| symbol | meaning |
|---|---|
| e_i | map of the encoder at scale i = 0..4, of 1 / 2^i of the image's sides; e_4 is the bottom |
| SFA | spatial and frequency attention: ReLU(x + 1 x 1 convolution of both branches, side by side) |
| spatial branch | 3 x 3 convolution of x, times weights of pixels |
| frequency branch | inverse Fourier transform of X times weights of its frequencies, a function of log(1 + A) |
| X, A | spectrum of x, and its amplitude over sqrt(h w), which does not grow with the map |
| d_i | map of the decoder at scale i = 0..3: a residual block of SFA(e_i) and d_(i + 1) enlarged (SFA(e_4) for d_3) |
| enlarging | sub-pixel convolution, 1 x 1: four times the channels, which become a map of twice the sides |
| I' | image, enlarged from d_1, which therefore holds its details at half its size; in training alone |

Weights of frequencies follow from amplitudes alone: phases stay, so that nothing is moved, and what comes back is real.
The Fourier transforms are counted in no multiply-accumulates.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.fourier import real_map, spectrum
from istdbench.methods.parts.layers import (
    ResidualBlock,
    SpatialAttention,
    conv_bn_relu,
    fcn_head,
    pad_to_multiple,
    residual_stage,
)

CHANNELS = (16, 32, 64, 128, 256)
"""Of e_0..e_4."""

BLOCKS = 2
"""Residual blocks a scale of the encoder."""


class SpatialBranch(nn.Module):
    """Details about a pixel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = conv_bn_relu(channels, channels, bias=False)
        self.pixels = SpatialAttention(kernel=7)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, h, w) to the same shape."""
        y = self.conv(x)
        return self.pixels(y) * y


class FrequencyBranch(nn.Module):
    """Details by their frequency."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weights = nn.Sequential(
            nn.Conv2d(channels, channels, 1), nn.ReLU(inplace=True), nn.Conv2d(channels, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, h, w) to the same shape, in float32 or better."""
        numbers = spectrum(x.to(torch.promote_types(x.dtype, torch.float32)))
        amplitude = numbers.norm(dim=-1) / (x.shape[-2] * x.shape[-1]) ** 0.5
        return real_map(numbers * self.weights(amplitude.log1p())[..., None])


class SpatialFrequencyAttention(nn.Module):
    """SFA."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spatial = SpatialBranch(channels)
        self.frequency = FrequencyBranch(channels)
        self.fusion = nn.Sequential(nn.Conv2d(2 * channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, h, w) to the same shape."""
        both = torch.cat([self.spatial(x), self.frequency(x).to(x.dtype)], dim=1)
        return F.relu(x + self.fusion(both))


class Enhancement(nn.Module):
    """d_i of SFA(e_i) and d_(i + 1)."""

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.enlarge = sub_pixels(coarse, fine)
        self.block = ResidualBlock(2 * fine, fine)

    def forward(self, skip: Tensor, coarse: Tensor) -> Tensor:
        """Maps (B, fine, h, w) and (B, coarse, h / 2, w / 2) to (B, fine, h, w)."""
        return self.block(torch.cat([skip, self.enlarge(coarse)], dim=1))


class Dim2Clear(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        first, *_ = CHANNELS
        steps = list(pairwise(CHANNELS))
        self.encoder = nn.ModuleList([residual_stage(in_channels, first, BLOCKS)])
        self.encoder.extend(residual_stage(fine, coarse, BLOCKS, stride=2) for fine, coarse in steps)
        self.attentions = nn.ModuleList(SpatialFrequencyAttention(channels) for channels in CHANNELS)
        self.decoder = nn.ModuleList(Enhancement(fine, coarse) for fine, coarse in steps)
        self.head = fcn_head(first)
        self.image = sub_pixels(CHANNELS[1], in_channels)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, in_channels, H, W) to logits (B, 1, H, W); in training mode with the reconstructed image.

        Below and to the right of the image, zeros fill up to a multiple of 16.
        """
        x, crop = pad_to_multiple(image, 2 ** len(self.decoder))
        skips = []
        for stage, attention in zip(self.encoder, self.attentions, strict=True):
            x = stage(x)
            skips.append(attention(x))
        decoded = [skips.pop()]
        for enhance, skip in zip(reversed(self.decoder), reversed(skips), strict=True):
            decoded.append(enhance(skip, decoded[-1]))
        logits = crop(self.head(decoded[-1]))
        return Outputs(masks=(logits,), image=crop(self.image(decoded[-2]))) if self.training else logits


def sub_pixels(in_channels: int, out_channels: int) -> nn.Sequential:
    """Maps (B, in_channels, h, w) to (B, out_channels, 2 h, 2 w) (Shi et al., CVPR 2016)."""
    return nn.Sequential(nn.Conv2d(in_channels, 4 * out_channels, 1), nn.PixelShuffle(2))
