"""The networks of MDvsFA: two generators, and the discriminator that tells their maps from masks.

Symbol   Meaning
G_1      generator against missed targets: a stack of dilated convolutions, widest in the middle
G_2      generator against false alarms: dilated convolutions of equal width, the early ones' maps beside the late ones'
D        discriminator, in training alone: which map is the mask, which is G_1's, which is G_2's?

A generator's last convolution gives the score map itself, cut to 0..1; there is no sigmoid. The evaluated map is the
mean of both, given as its logit. How G_1, G_2 and D learn from each other: `istdbench.training.adversarial`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.errors import UsageError

WIDTHS = (64, 64, 128, 256, 512, 256, 128, 64)
DILATIONS = (1, 1, 2, 4, 8, 4, 2, 1)
"""Of G_1's layers."""

WIDTH = 64
DILATIONS_DOWN = (1, 2, 4, 8, 16, 32, 64, 32)
DILATIONS_UP = (16, 8, 4, 2, 1)
"""Of G_2's layers: of those in a row, and of those that see an earlier map too."""

LEAST = 1e-6
"""Scores end this far from 0 and 1, where a logit would be infinite."""


class MDvsFA(nn.Module):
    """Images of any size to logits of the same size.

    Attributes:
        generators: G_1 and G_2, each from images (B, 1, H, W) to score maps (B, 1, H, W) in [0, 1].
    """

    def __init__(self) -> None:
        super().__init__()
        self.generators = nn.ModuleList([StackedGenerator(), SkippingGenerator()])

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W), normalised, to logits (B, 1, H, W)."""
        score = torch.stack([generator(image) for generator in self.generators]).mean(dim=0)
        return score.logit(LEAST)


class StackedGenerator(nn.Module):
    """G_1."""

    def __init__(self) -> None:
        super().__init__()
        sizes = zip(pairwise((1, *WIDTHS)), DILATIONS, strict=True)
        self.layers = nn.Sequential(*(_layer(*channels, dilation) for channels, dilation in sizes))
        self.head = nn.Conv2d(WIDTHS[-1], 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W) to score maps (B, 1, H, W) in [0, 1]."""
        return self.head(self.layers(image)).clamp(0, 1)


class SkippingGenerator(nn.Module):
    """G_2."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            _layer(WIDTH if index else 1, WIDTH, dilation) for index, dilation in enumerate(DILATIONS_DOWN)
        )
        self.up = nn.ModuleList(_layer(2 * WIDTH, WIDTH, dilation) for dilation in DILATIONS_UP)
        self.head = nn.Conv2d(WIDTH, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W) to score maps (B, 1, H, W) in [0, 1]."""
        maps = [image]
        for layer in self.down:
            maps.append(layer(maps[-1]))
        x, _, *earlier = reversed(maps)
        for layer, skip in zip(self.up, earlier, strict=False):
            x = layer(torch.cat([skip, x], dim=1))
        return self.head(x).clamp(0, 1)


def _layer(in_channels: int, out_channels: int, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=dilation, dilation=dilation),
        nn.BatchNorm2d(out_channels),
        nn.LeakyReLU(0.2),
    )


class MaskDiscriminator(nn.Module):
    """D."""

    def __init__(self, patch: int) -> None:
        """
        Args:
            patch: side in pixels of what it judges.
        """
        super().__init__()
        self.patch = patch
        self.features = nn.Sequential(*(_layer(*channels) for channels in pairwise((2, 24, 24, 24, 1))))
        self.classes = nn.Sequential(
            nn.Flatten(),
            *_dense((patch // 4) ** 2, 128),
            nn.Tanh(),
            *_dense(128, 64),
            nn.Tanh(),
            *_dense(64, 3),
            nn.Softmax(dim=1),
        )

    def forward(self, images: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Images and maps in [0, 1], (N, 1, P, P) of patches, to class scores (N, 3), features (N, 1, P / 4, P / 4).

        Raises:
            UsageError: patches of another size.
        """
        if images.shape[-2:] != (self.patch, self.patch):
            raise UsageError(
                f"mdvsfa's discriminator judges patches of {self.patch} x {self.patch} pixels, not "
                f"{images.shape[-2]} x {images.shape[-1]}; set training.augmentation.crop to {self.patch}"
            )
        features = self.features(F.max_pool2d(torch.cat([images, 2 * maps - 1], dim=1), 4))
        return self.classes(features), features


def _dense(in_features: int, out_features: int) -> Sequence[nn.Module]:
    return nn.Linear(in_features, out_features), nn.BatchNorm1d(out_features)
