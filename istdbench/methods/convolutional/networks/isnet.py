"""The network of ISNet: encoder, decoder with attention in two orientations, and an edge branch beside it.

Source of the gated convolution: Takikawa et al., Gated-SCNN, ICCV 2019, Eqs. 1 and 2.

Symbol   Meaning
c_i      map of encoder stage i = 1..3, of 1 / 4, 1 / 8 and 1 / 16 of the image's height and width
d_i      map of the decoder at the size of c_i, i = 1, 2; d_3 is c_3
TOAA     two-orientation attention aggregation: deformable convolutions along rows and along columns gate the skip
TFD      Taylor finite difference: the edge block combines u_0, u_1, u_2 as a difference scheme does to get u_3
u_0      the edge branch's map; at first |∇x|, the size of the image's gradient
F_1, F_2 two residual blocks without their shortcuts
u_1      ReLU(u_0 + F_1(u_0))
Δu_0     ReLU(F_1(u_0))
u_2      ReLU(F_2(u_1))
s_i      one map drawn from d_i, at the image's size; the gate G of edge block 4 - i sees it
u_3      3 Δu_0 + u_2 + G(u_2, s_i), the next block's u_0
e        edge logits; the finest map times 1 + σ(e) goes into the head
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.deformable import DeformableConv
from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import (
    ResidualBlock,
    conv_bn_relu,
    fcn_head,
    pad_to_multiple,
    residual_stage,
)

STEM = 8
"""Channels of the stem's first two convolutions."""

CHANNELS = (16, 32, 64)
"""Of c_1, c_2 and c_3."""

BLOCKS = 4
"""Residual blocks in each stage of the encoder and of the decoder."""

EDGE_CHANNELS = 64


class ISNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        c1, c2, c3 = CHANNELS
        self.stem = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            conv_bn_relu(in_channels, STEM, stride=2, bias=False),
            conv_bn_relu(STEM, STEM, bias=False),
            conv_bn_relu(STEM, c1, bias=False),
            nn.MaxPool2d(3, stride=2, padding=1),
            residual_stage(c1, c1, BLOCKS),
        )
        self.stage2 = residual_stage(c1, c2, BLOCKS, stride=2)
        self.stage3 = residual_stage(c2, c3, BLOCKS, stride=2)
        self.decoder2 = Decoder(c3, c2)
        self.decoder1 = Decoder(c2, c1)
        self.edge_branch = EdgeBranch(in_channels, (c3, c2, c1))
        self.head = fcn_head(c1)
        self.apply(_initialise)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, in_channels, H, W), normalised, to logits (B, 1, H, W); in training the edges' beside them.

        Below and to the right of the image, zeros fill up to a multiple of 16.
        """
        padded, crop = pad_to_multiple(image, 16)
        c1 = self.stem(padded)
        c2 = self.stage2(c1)
        d3 = self.stage3(c2)
        d2 = self.decoder2(d3, c2)
        d1 = self.decoder1(d2, c1)
        edge = self.edge_branch(gradient(padded), (d3, d2, d1))
        finest = bilinear(d1, scale_factor=4)
        logits = crop(self.head(finest * (1 + edge.sigmoid())))
        return Outputs(masks=(logits,), edge=crop(edge)) if self.training else logits


class Decoder(nn.Module):
    """One level up: enlarge, aggregate with the encoder's map, residual blocks."""

    def __init__(self, coarse: int, fine: int) -> None:
        super().__init__()
        self.enlarge = nn.ConvTranspose2d(coarse, fine, 4, stride=2, padding=1)
        self.aggregate = TOAA(fine)
        self.refine = residual_stage(fine, fine, BLOCKS)

    def forward(self, deep: Tensor, shallow: Tensor) -> Tensor:
        """Maps (B, coarse, H, W) and (B, fine, 2 H, 2 W) to the latter's shape."""
        return self.refine(self.aggregate(self.enlarge(deep), shallow))


class TOAA(nn.Module):
    """Both maps through a bottleneck; then the deep one, plus the shallow one gated along rows and along columns."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bottleneck = nn.Sequential(nn.Conv2d(channels, channels // 2, 1), nn.Conv2d(channels // 2, channels, 1))
        self.along_rows = DeformableConv(channels, channels, (1, 3))
        self.along_columns = DeformableConv(channels, channels, (3, 1))

    def forward(self, deep: Tensor, shallow: Tensor) -> Tensor:
        """Two maps (B, channels, H, W) to one of the same shape."""
        deep, shallow = self.bottleneck(deep), self.bottleneck(shallow)
        gates = self.along_rows(deep).sigmoid() + self.along_columns(deep).sigmoid()
        return 2 * deep + gates * shallow


class EdgeBranch(nn.Module):
    """Edge logits from the image's gradient, guided by the decoder from coarse to fine."""

    def __init__(self, in_channels: int, guides: Sequence[int]) -> None:
        """
        Args:
            guides: channels of the guiding maps, coarsest first.
        """
        super().__init__()
        self.widen = nn.Conv2d(in_channels, EDGE_CHANNELS, 1)
        self.guides = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in guides)
        self.blocks = nn.ModuleList(EdgeBlock(EDGE_CHANNELS) for _ in guides)
        self.edge = nn.Conv2d(EDGE_CHANNELS, 1, 1, bias=False)

    def forward(self, gradient: Tensor, guides: Sequence[Tensor]) -> Tensor:
        """Gradient (B, in_channels, H, W) and maps, coarsest first, to logits (B, 1, H, W)."""
        u = self.widen(gradient)
        for block, draw, x in zip(self.blocks, self.guides, guides, strict=True):
            guide = bilinear(draw(x), gradient.shape[-2:], align_corners=True)
            u = block(u, guide)
        return self.edge(u)


class EdgeBlock(nn.Module):
    """The TFD-inspired edge block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = (ResidualBlock(channels, channels).body for _ in range(2))
        self.gate = GatedConv(channels)

    def forward(self, u0: Tensor, guide: Tensor) -> Tensor:
        """Map (B, channels, H, W) and guide (B, 1, H, W) to the map's shape."""
        step = self.first(u0)
        u2 = F.relu(self.second(F.relu(u0 + step)))
        return 3 * F.relu(step) + u2 + self.gate(u2, guide)


class GatedConv(nn.Module):
    """1 x 1 convolution of the map times 1 + α, where α comes from the map and a guide (Gated-SCNN, Eqs. 1 and 2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        both = channels + 1
        self.alpha = nn.Sequential(
            nn.BatchNorm2d(both),
            nn.Conv2d(both, both, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(both, 1, 1),
            nn.BatchNorm2d(1),
            nn.Sigmoid(),
        )
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """Map (B, channels, H, W) and guide (B, 1, H, W) to the map's shape."""
        return self.conv(x * (1 + self.alpha(torch.cat([x, guide], dim=1))))


def gradient(image: Tensor) -> Tensor:
    """|∇x| of each channel: differences of the two neighbours of a pixel, not halved; zeros around the image.

    Args:
        image: (B, C, H, W).

    Returns:
        The same shape, at least 1e-3, where its own gradient is finite.
    """
    around = F.pad(image, (1, 1, 1, 1))
    down = around[..., 2:, 1:-1] - around[..., :-2, 1:-1]
    across = around[..., 1:-1, 2:] - around[..., 1:-1, :-2]
    return torch.sqrt(down.square() + across.square() + 1e-6)


def _initialise(module: nn.Module) -> None:
    """As the released training does, with shifts of batch norm of standard deviation 1."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, mean=1.0, std=0.02)
        nn.init.normal_(module.bias)
