"""The network of HDNet: a U-Net that begins each scale with contrasts, and a filter of frequencies beside it.

| symbol | meaning | in the released code |
|---|---|---|
| e_i | map of the encoder at scale i = 0..4, of 1 / 2^i of the image's sides; e_4 is the bottom | `x_e0`..`x_m` |
| MAC | multi-scale atrous contrast: a quarter of the channels as it is, three by contrasts | `MAC` |
| d_i | map of the decoder at scale i = 0..3, from e_i and d_(i + 1) enlarged (e_4 for d_3) | `x_d0`..`x_d3` |
| p_i | logits of d_i | `mask0`..`mask3` |
| z | one map of details of the image; for i = 3..0 it becomes DHPF_i(z + σ(p_i) z) | `x_py_v3`.. |
| DHPF_i | dynamic high-pass filter, which takes a share s_i of the energy away | `py3`..`py0` |
| p | evaluated logits: q + σ(z) q, where q is a 3 x 3 convolution of p_0..p_3 at the image's size | `output` |

The contrasts begin as centre less neighbours and as differences of means, and are trained like any convolution.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.mshnet import CHANNELS, MSHNet
from istdbench.methods.parts.cbam import AttentiveResidualBlock
from istdbench.methods.parts.fourier import magnitude, spectrum
from istdbench.methods.parts.layers import conv_bn_relu

SHARES = (0.1, 0.2, 0.4, 0.8)
"""s_i."""

NOT_FOUND = 5
"""Half-width in frequencies of what is taken away where no square holds the share."""

QUARTERS = 4
CENTRE_LESS_RING = (1.0, -1 / 8)
MEAN = (1 / 9, 1 / 9)
LESS_RING = (0.0, -1 / 8)
"""The middle and the eight others of a 3 x 3 kernel, at first."""


class Contrasts(nn.Module):
    """MAC."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        quarter = out_channels // QUARTERS
        self.entry = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1), nn.BatchNorm2d(out_channels))
        self.near = nn.Sequential(_contrast(quarter, 1, *CENTRE_LESS_RING), nn.BatchNorm2d(quarter))
        self.far = nn.Sequential(_contrast(quarter, 2, *CENTRE_LESS_RING), nn.BatchNorm2d(quarter))
        self.mean, self.ring = _contrast(quarter, 1, *MEAN), _contrast(quarter, 2, *LESS_RING)
        self.norm = nn.BatchNorm2d(quarter)
        self.last = conv_bn_relu(out_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        x = self.entry(x)
        as_it_is, one, two, three = x.chunk(QUARTERS, dim=1)
        near = F.relu(self.near(one))
        far = F.relu(self.far(two + near))
        three = three + far
        wide = F.relu(self.norm(self.mean(three) + self.ring(three)))
        return F.relu(x + self.last(torch.cat([as_it_is, near, far, wide], dim=1)))


class HDNet(MSHNet):
    """MSHNet with MACs in its encoder, whose logits weigh the high-pass filtered image."""

    def __init__(self, in_channels: int) -> None:
        super().__init__(in_channels)
        self.details = AttentiveResidualBlock(in_channels, 1)

    def _encoder(self) -> nn.ModuleList:
        stages = nn.ModuleList([nn.Sequential(Contrasts(CHANNELS[0], CHANNELS[0]))])
        for fine, coarse in pairwise(CHANNELS):
            stages.append(nn.Sequential(Contrasts(fine, coarse), AttentiveResidualBlock(coarse, coarse)))
        return stages

    def _evaluated(self, fused: Tensor, enlarged: Sequence[Tensor], image: Tensor) -> Tensor:
        z = self.details(image)
        for p, share in zip(reversed(enlarged), reversed(SHARES), strict=True):
            z = high_pass(z + p.sigmoid() * z, share)
        return fused + z.sigmoid() * fused


def high_pass(x: Tensor, share: float) -> Tensor:
    """DHPF: each map without its low frequencies, as far as those hold `share` of its energy; no sign is left.

    What is taken away is the smallest square about frequency zero, of c frequencies towards either end, 1 <= c < half
    of the shorter side, that holds the share; where none does, c is NOT_FOUND.

    Args:
        x: (B, 1, H, W), both sides even.

    Returns:
        The same shape, in float32 or better.
    """
    numbers = spectrum(x.to(torch.promote_types(x.dtype, torch.float32)))
    energy = numbers.detach().square().sum(-1)
    folded = energy
    for axis in (-2, -1):
        positive, negative = folded.chunk(2, dim=axis)
        folded = positive + negative.flip(axis)
    rows, columns = folded.shape[-2:]
    c = torch.arange(1, rows + 1, device=x.device)
    inside = (c < rows) & (c < columns)
    end = c.clamp(max=columns)[:, None] - 1
    within = folded.cumsum(-2).cumsum(-1).gather(-1, end.expand(x.shape[0], 1, -1, -1))[..., 0]
    too_small = (inside & (within < share * energy.sum((-2, -1))[..., None])).sum(-1)
    cutoff = torch.where(too_small < inside.sum(), too_small + 1, NOT_FOUND)
    height, width = (_from_zero(side, x.device) for side in x.shape[-2:])
    outside = torch.maximum(height[:, None], width) > cutoff[..., None, None]
    return magnitude(numbers * outside[..., None])


def _from_zero(side: int, device: torch.device) -> Tensor:
    """Of each frequency of an axis, in the order of `torch.fft`, the c from which on a square holds it, (side,)."""
    k = torch.arange(side, device=device)
    return torch.minimum(k + 1, side - k)


def _contrast(channels: int, dilation: int, middle: float, around: float) -> nn.Conv2d:
    conv = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, groups=channels)
    nn.init.constant_(conv.weight, around)
    nn.init.constant_(conv.weight[..., 1, 1], middle)
    return conv
