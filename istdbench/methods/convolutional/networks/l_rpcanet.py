"""The network of L-RPCANet: six stages that split the image into background, target and noise, with fewer channels.

| symbol | meaning | in the released code |
|---|---|---|
| D | image; after stage k, the image as the three parts give it back | `D` |
| B | background, low-rank in the model that is unfolded | `lowrank` |
| T | target, sparse in that model; at the end its logits | `sparse` |
| N | noise, dense and small in that model; zero where a stage begins | `residual` |
| K | stages, 6 | `stage_num` |
| epsilon, sigma | learned steps of the updates of T and of N, 0.01 at first | the same |

Stage k: B = x + P(x) with x = D - T - N; T = x - epsilon G(x) with x = T + D - B - N; N = x - sigma R(x) with
x = N + D - B - T; D = M(B + T + N). P, G, R and M are chains of convolutions, in P, G and R narrow ones between a
narrow entry and a wide end; each weighs its last channels by squeeze and excitation (Hu et al. 2018) before they are
made one map. P and M have batch norm. Nothing but that excitation is pooled, so that an image may have any size.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from istdbench.methods.convolutional.networks.rpcanet import Unfolded
from istdbench.methods.parts.layers import conv_bn_relu

STAGES = 6
WIDE = 32
"""Channels at the end of a chain, and inside M."""

REDUCTION = 16
TARGET_LAYERS = 6
STEP = 0.01


class Excitation(nn.Module):
    """Weights of channels from their means over the image, through a bottleneck, without batch norm."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, channels // REDUCTION, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // REDUCTION, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W), weighed: the same shape."""
        return x * self.mlp(x.mean((2, 3), keepdim=True)).sigmoid()


class Chain(nn.Module):
    """One of P, G, R and M."""

    def __init__(self, *body: nn.Module) -> None:
        """
        Args:
            body: maps (B, 1, H, W) to (B, WIDE, H, W).
        """
        super().__init__()
        self.body = nn.Sequential(*body)
        self.excitation = Excitation(WIDE)
        self.last = nn.Conv2d(WIDE, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, H, W) to the same shape."""
        return self.last(self.excitation(self.body(x)))


class Correction(nn.Module):
    """x less a learned step along what stands for the gradient of a term: the updates of T and of N."""

    def __init__(self, narrow: int, layers: int, *, entry: int) -> None:
        """
        Args:
            narrow: channels inside the chain.
            layers: convolutions between those channels.
            entry: side of the first kernel in pixels.
        """
        super().__init__()
        inside = [layer for _ in range(layers) for layer in _conv_relu(narrow, narrow, 3)]
        self.gradient = Chain(*_conv_relu(1, narrow, entry), *inside, nn.Conv2d(narrow, WIDE, 3, padding=1))
        self.step = nn.Parameter(torch.tensor([STEP]))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, H, W) to the same shape."""
        return x - self.step * self.gradient(x)


class Stage(nn.Module):
    """Background, target, noise, and the image that they give back."""

    def __init__(self, narrow: int, noise_layers: int) -> None:
        """Options as `istdbench.methods.convolutional.l_rpcanet` describes them."""
        super().__init__()
        inside = [layer for _ in range(3) for layer in conv_bn_relu(narrow, narrow)]
        self.proximal = Chain(*conv_bn_relu(1, narrow, 1), *inside, nn.Conv2d(narrow, WIDE, 3, padding=1))
        self.target = Correction(narrow, TARGET_LAYERS, entry=1)
        self.noise = Correction(narrow, noise_layers, entry=3)
        mapping = [layer for _ in range(3) for layer in conv_bn_relu(WIDE, WIDE)]
        self.reconstruction = Chain(*conv_bn_relu(1, WIDE), *mapping)

    def forward(self, image: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """D and T (B, 1, H, W) to those of the next stage."""
        rest = image - target
        background = rest + self.proximal(rest)
        target = self.target(target + image - background)
        noise = self.noise(image - background - target)
        return self.reconstruction(background + target + noise), target


class LRPCANet(Unfolded):
    """The stages of L-RPCANet."""

    def __init__(self, narrow: int, noise_layers: int) -> None:
        """Options as `istdbench.methods.convolutional.l_rpcanet` describes them."""
        super().__init__(Stage(narrow, noise_layers) for _ in range(STAGES))


def _conv_relu(in_channels: int, out_channels: int, kernel: int) -> list[nn.Module]:
    return [nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2), nn.ReLU(inplace=True)]
