"""The network of RPCANet: six stages that split the image into background and target, and put it together again.

| symbol | meaning | where |
|---|---|---|
| D | image; after stage k, the image as background and target give it back | Section 3 |
| B | background, low-rank in the model that is unfolded | background approximation |
| T | target, sparse in that model; at the end its logits | target extraction |
| K | stages, 6 | Section 3 |
| epsilon | learned step of the target's update, 0.01 at first | target extraction |

Stage k: B = (D - T) + P(D - T), with P in place of the proximal operator of the low-rank term;
T = x - epsilon G(x) with x = T + D - B, where G stands for the gradient of the sparse term; D = M(B + T).
P, G and M are chains of 3 x 3 convolutions of 32 channels, P and M with batch norm. Nothing is pooled, so that an image
may have any size.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn

from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.layers import conv_bn_relu, glorot_normal

STAGES = 6
CHANNELS = 32
STEP = 0.01


class Background(nn.Module):
    """B of a stage."""

    def __init__(self) -> None:
        super().__init__()
        self.proximal = normalised_chain()

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """D and T (B, 1, H, W) to B, the same shape."""
        rest = image - target
        return rest + self.proximal(rest)


class Target(nn.Module):
    """T of a stage."""

    def __init__(self) -> None:
        super().__init__()
        self.gradient = plain_chain()
        self.epsilon = nn.Parameter(torch.tensor([STEP]))

    def forward(self, image: Tensor, background: Tensor, target: Tensor) -> Tensor:
        """D, B and T of the stage before (B, 1, H, W) to T, the same shape."""
        x = target + image - background
        return x - self.epsilon * self.gradient(x)


class Stage(nn.Module):
    """Background, target, and the image that they give back.

    Args:
        background: D and T (B, 1, H, W) to B.
        target: D, B and the T of the stage before to T.
        reconstruction: B + T to D.
    """

    def __init__(self, background: nn.Module, target: nn.Module, reconstruction: nn.Module) -> None:
        super().__init__()
        self.background = background
        self.target = target
        self.reconstruction = reconstruction

    def forward(self, image: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """D and T (B, 1, H, W) to those of the next stage."""
        background = self.background(image, target)
        target = self.target(image, background, target)
        return self.reconstruction(background + target), target


class Unfolded(nn.Module):
    """Stages in a row, each with weights of its own; the first begins without a target."""

    def __init__(self, stages: Iterable[nn.Module]) -> None:
        """
        Args:
            stages: each takes D and T (B, 1, H, W) to those of the next one.
        """
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.apply(glorot_normal)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, 1, H, W) to logits (B, 1, H, W); in training mode with the reconstructed image."""
        target = torch.zeros_like(image)
        for stage in self.stages:
            image, target = stage(image, target)
        return Outputs(masks=(target,), image=image) if self.training else target


class RPCANet(Unfolded):
    """The stages of RPCANet."""

    def __init__(self) -> None:
        super().__init__(Stage(Background(), Target(), normalised_chain()) for _ in range(STAGES))


def normalised_chain() -> nn.Sequential:
    """P and M: maps (B, 1, H, W) to the same shape."""
    inside = [layer for _ in range(3) for layer in conv_bn_relu(CHANNELS, CHANNELS)]
    return nn.Sequential(*conv_bn_relu(1, CHANNELS), *inside, nn.Conv2d(CHANNELS, 1, 3, padding=1))


def plain_chain() -> nn.Sequential:
    """G: maps (B, 1, H, W) to the same shape."""
    layers: list[nn.Module] = []
    for widths in pairwise([1] + 7 * [CHANNELS]):
        layers += [nn.Conv2d(*widths, 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Conv2d(CHANNELS, 1, 3, padding=1))
