"""EAMNet's adaptive filters: gamma, contrast and sharpness, whose strengths a small network chooses for each image.

| symbol | meaning | in the released code |
|---|---|---|
| I | image, (B, 3, H, W), normalised | `img_input` |
| p | three numbers for an image, from I at 256 x 256 | `Pr` |
| γ | exponent, 3^tanh(p_1), of I with 0.00001 where it is not positive | `GammaFilter` |
| c | share of the contrasted image, (1 + tanh(p_2)) / 2 | `ContrastFilter` |
| l | luminance, clipped to 0..1; the contrasted image is that times (1 - cos(π l)) / (2 l) | `rgb2lum` |
| s | sharpness, 2.5 (1 + tanh(p_3)): the image plus s times what a Gaussian takes from it | `UsmFilter` |

The code's `rgb2lum` expects channels last and is given channels first, so that its l is a weighted sum of the first
three columns of each row, not of the channels of each pixel. The released weights were trained with it: ours is the
same.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SIDE = 256
CHANNELS = (3, 16, 32, 64, 64)
LUMINANCE = (0.27, 0.67, 0.06)
LEAST = 1e-5
RGB = 3
TINY = 1e-6
MOST_GAMMA = 3.0
MOST_SHARPNESS = 5.0
_OUTER, _SIDE, _INNER = (
    (0.00078633, 0.00655965, 0.01330373),
    (0.00655965, 0.05472157, 0.11098164),
    (0.01330373, 0.11098164, 0.22508352),
)
GAUSSIAN = tuple((*row, row[1], row[0]) for row in (_OUTER, _SIDE, _INNER, _SIDE, _OUTER))
"""5 x 5, of variance 0.71, with the digits of the released code; its numbers add up to 0.9967."""


class AdaptiveFilters(nn.Module):
    """Images (B, 3, H, W) to filtered ones of the same shape."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Upsample(size=(SIDE, SIDE), mode="bilinear")]
        for sizes in pairwise(CHANNELS):
            layers += [nn.Conv2d(*sizes, 3, stride=2, padding=1), nn.LeakyReLU(0.2)]
            layers.append(nn.InstanceNorm2d(sizes[1], affine=True))
        left = SIDE >> (len(CHANNELS) - 1)
        self.strengths = nn.Sequential(*layers, nn.Dropout(0.5), nn.Conv2d(CHANNELS[-1], 3, left))

    def forward(self, image: Tensor) -> Tensor:
        """I to the image after gamma, contrast and sharpness."""
        gamma, contrast, sharpness = self.strengths(image).tanh().split(1, dim=1)  # each (B, 1, 1, 1)
        image = image.where(image > 0, LEAST) ** torch.exp(math.log(MOST_GAMMA) * gamma)
        image = torch.lerp(image, contrasted(image), (0.5 + 0.5 * contrast).expand_as(image))
        return image + MOST_SHARPNESS * (0.5 + 0.5 * sharpness) * (image - _blurred(image))


def contrasted(image: Tensor) -> Tensor:
    """(B, 3, H, W) to the same shape, by the luminance of each row."""
    weights = image.new_tensor(LUMINANCE)
    luminance = (image[..., : len(LUMINANCE)] * weights).sum(-1, keepdim=True).clamp(0, 1)
    return image / (luminance + TINY) * (0.5 - 0.5 * torch.cos(math.pi * luminance))


def _blurred(image: Tensor) -> Tensor:
    kernel = image.new_tensor([[GAUSSIAN]] * RGB)  # of a shape that exporters know
    return F.conv2d(image, kernel, padding=len(GAUSSIAN) // 2, groups=RGB)
