"""The network of MSHNet: a U-Net of attentive residual blocks with a head on every scale.

Symbol   Meaning
e_i      map of the encoder at scale i = 0..4, of 1 / 2^i of the image's height and width; e_4 is the bottom
d_i      map of the decoder at scale i = 0..3, from e_i and d_{i+1} enlarged (e_4 for d_3)
p_i      logits of scale i: 1 x 1 convolution of d_i
p        evaluated logits: 3 x 3 convolution of p_0..p_3, all at the image's size
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.cbam import attentive_stage
from istdbench.methods.parts.layers import decoded, pad_to_multiple, resized

CHANNELS = (16, 32, 64, 128, 256)
"""Of a map at each scale."""

BLOCKS = (1, 2, 2, 2, 2)
"""Residual blocks at each scale."""


class MSHNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_channels, CHANNELS[0], 1)
        self.encoder = self._encoder()
        self.decoder = nn.ModuleList(
            attentive_stage(fine + coarse, fine, blocks)
            for (fine, coarse), blocks in zip(pairwise(CHANNELS), BLOCKS[:-1], strict=True)
        )
        self.heads = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in CHANNELS[:-1])
        self.fusion = nn.Conv2d(len(self.heads), 1, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, in_channels, H, W), normalised, to logits (B, 1, H, W); in training each scale's beside them.

        Below and to the right of the image, zeros fill up to a multiple of 16.
        """
        padded, crop = pad_to_multiple(image, 2 ** len(self.heads))
        maps = decoded(self.encoder, self.decoder, self.stem(padded))
        scales = [head(x) for head, x in zip(self.heads, maps, strict=True)]
        enlarged = [scales[0], *(resized(p, 2**i) for i, p in enumerate(scales[1:], start=1))]
        logits = crop(self._evaluated(self.fusion(torch.cat(enlarged, dim=1)), enlarged, padded))
        if not self.training:
            return logits
        height, width = image.shape[-2:]
        return Outputs(masks=(logits, *(p[..., : height >> i, : width >> i] for i, p in enumerate(scales))))

    def _encoder(self) -> nn.ModuleList:
        """The stages that make e_0..e_4, each of the one before at half its size."""
        sizes = zip((CHANNELS[0], *CHANNELS[:-1]), CHANNELS, BLOCKS, strict=True)
        return nn.ModuleList(attentive_stage(*each) for each in sizes)

    def _evaluated(self, fused: Tensor, enlarged: Sequence[Tensor], image: Tensor) -> Tensor:
        """The logits that are evaluated, from p_0..p_3 fused, from each of them, and from the image."""
        return fused
