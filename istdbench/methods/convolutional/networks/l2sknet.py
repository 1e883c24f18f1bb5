"""The network of L2SKNet-UNet: a U-Net whose skip connections bring out what differs from its surroundings.

| symbol | meaning | in the released code |
|---|---|---|
| X | map of the encoder at scale i = 0..3, of 1 / 2^i of the image's height and width | `e1`..`e4` |
| LLSKM | learnable local saliency kernel module: centre less neighbours, as a convolution | `LLSKM`, `LLSKM_d` |
| W | its k x k kernel; W_c its middle tap; W_sum the sum of its taps; the last two are 1 x 1 kernels | `conv.weight` |
| theta(X) | weights of channels, from their means over the image | `Avg_ChannelAttention` |
| Y | W_sum(X) - W(X) + theta(X) W_c(X): zero on a level map but for the last term | `out` |

At each scale several LLSKM of other k and dilation stand side by side. Each is followed by batch norm and leaky ReLU;
their sum goes through one more convolution, but at scale 3, where there is one alone, and is what the decoder takes.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.layers import channel_attention, conv_bn_relu, pad_to_multiple

CHANNELS = (16, 32, 64, 128)
"""Of a map at each scale."""

KERNELS = (
    ((9, 2), (5, 2), (3, 2), (3, 1)),
    ((5, 2), (3, 2), (3, 1)),
    ((3, 2), (3, 1)),
    ((3, 1),),
)
"""Side in pixels and dilation of each LLSKM of each scale."""

REDUCTION = 4
LEAK = 0.1


class SaliencyKernel(nn.Module):
    """LLSKM."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            channels, channels, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False
        )
        self.theta = channel_attention(channels, reduction=REDUCTION, pooled=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """X (B, channels, H, W) to Y of the same shape."""
        weight, middle = self.conv.weight, self.conv.kernel_size[0] // 2
        summed = F.conv2d(x, weight.sum((2, 3), keepdim=True))
        centre = F.conv2d(x, weight[:, :, middle, middle, None, None])
        return summed - self.conv(x) + self.theta(x) * centre


class Contrast(nn.Module):
    """The LLSKM of one scale, side by side, and what makes one map of them."""

    def __init__(self, channels: int, kernels: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(SaliencyKernel(channels, *kernel), nn.BatchNorm2d(channels), nn.LeakyReLU(LEAK))
            for kernel in kernels
        )
        self.fusion = conv_bn_relu(channels, channels, bias=False) if len(kernels) > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        return self.fusion(torch.stack([branch(x) for branch in self.branches]).sum(0))


class L2SKNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleList(_twice(*sizes) for sizes in pairwise((1, *CHANNELS)))
        self.contrasts = nn.ModuleList(Contrast(*scale) for scale in zip(CHANNELS, KERNELS, strict=True))
        steps = list(pairwise(reversed(CHANNELS)))
        self.enlarging = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), *conv_bn_relu(coarse, fine)) for coarse, fine in steps
        )
        self.decoder = nn.ModuleList(_twice(2 * fine, fine) for _, fine in steps)
        self.head = nn.Conv2d(CHANNELS[0], 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W), normalised, to logits (B, 1, H, W).

        Below and to the right of the image, zeros fill up to a multiple of 8.
        """
        padded, crop = pad_to_multiple(image, 2 ** len(self.decoder))
        encoded = [self.encoder[0](padded)]
        for stage in self.encoder[1:]:
            encoded.append(stage(F.max_pool2d(encoded[-1], 2)))
        *skips, x = [contrast(e) for contrast, e in zip(self.contrasts, encoded, strict=True)]
        for enlarge, decode, skip in zip(self.enlarging, self.decoder, reversed(skips), strict=True):
            x = decode(torch.cat([skip, enlarge(x)], dim=1))
        return crop(self.head(x))


def _twice(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(*conv_bn_relu(in_channels, out_channels), *conv_bn_relu(out_channels, out_channels))
