"""The network of TCI-Former: a U-Net whose encoder conducts heat, with a boundary module on its decoder.

Symbol   Meaning
c_i      map of the encoder at scale i = 0..5, of 1 / 2^i of the image's height and width: c_{i-1} through pooling, a
         residual block (convolution) and steps of heat conduction (interaction with surrounding pixels)
d_i      body features: map of the decoder at scale i = 0..4, from c_i and d_{i+1} enlarged (c_5 for d_4)
g        boundary features, by TCBM from d_0..d_4 (`networks.conduction`)
p        evaluated logits, of the body refined by its boundary: d_0 and g
e        logits of the boundaries of targets, of g, in training only
b        logits of the interiors of targets, of d_0 before it is refined, in training only
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from istdbench.methods.convolutional.networks.conduction import BOUNDARY_CHANNELS, BoundaryModule, HeatStep
from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.layers import ResidualBlock, conv_bn_relu, decoded, pad_to_multiple

CHANNELS = (8, 16, 32, 64, 128, 256)
"""Of c_0..c_5, and of d_0..d_4."""

STEPS = (0, 1, 1, 2, 2, 2)
"""Steps of heat conduction in the encoder at each scale."""


class TCIFormer(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        sizes = zip((1, *CHANNELS), CHANNELS, STEPS, strict=False)
        self.encoder = nn.ModuleList(_stage(*each) for each in sizes)
        self.decoder = nn.ModuleList(ResidualBlock(fine + coarse, fine) for fine, coarse in pairwise(CHANNELS))
        self.boundary = BoundaryModule(CHANNELS[:-1])
        body = CHANNELS[0]
        self.refine = conv_bn_relu(body + BOUNDARY_CHANNELS, body, 1, bias=False)
        self.head = nn.Conv2d(body, 1, 1)
        self.edge_head = nn.Conv2d(BOUNDARY_CHANNELS, 1, 1)
        self.interior_head = nn.Conv2d(body, 1, 1)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, 1, H, W), normalised, to logits p (B, 1, H, W); in training e and b beside them.

        Below and to the right of the image, zeros fill up to a multiple of 32.
        """
        padded, crop = pad_to_multiple(image, 2 ** len(self.decoder))
        body = decoded(self.encoder, self.decoder, padded)
        g = self.boundary(body)
        logits = crop(self.head(self.refine(torch.cat([body[0], g], dim=1))))
        if not self.training:
            return logits
        return Outputs(masks=(logits,), edge=crop(self.edge_head(g)), interior=crop(self.interior_head(body[0])))


def _stage(in_channels: int, channels: int, steps: int) -> nn.Sequential:
    """Convolution and conduction at one scale of the encoder."""
    return nn.Sequential(ResidualBlock(in_channels, channels), *(HeatStep(channels) for _ in range(steps)))
