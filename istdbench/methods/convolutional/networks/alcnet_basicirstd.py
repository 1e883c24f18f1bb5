"""The network that BasicIRSTD calls ALCNet: ACM's encoder and fusions, between deconvolutions, without local contrast.

Symbols: `istdbench.methods.convolutional.networks.acm`.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from istdbench.methods.convolutional.networks.acm import (
    BASICIRSTD,
    CHANNELS,
    STRIDE,
    Fusion,
    ResidualEncoder,
    deconvolution,
    quarter_stem,
    set_momentum,
)
from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import fcn_head, pad_to_multiple

FORM = replace(BASICIRSTD, blocks=4)


class DeconvolvedALCNet(nn.Module):
    """Level by level from the coarsest: raised and fused with the finer one; raised once more before the head."""

    def __init__(self) -> None:
        super().__init__()
        low, middle, high = CHANNELS
        self.encoder = ResidualEncoder(quarter_stem(FORM.in_channels), FORM)
        self.raisings = nn.ModuleList([deconvolution(high, middle), deconvolution(middle, low)])
        self.fusions = nn.ModuleList(Fusion(width, "asym_bi") for width in (middle, low))
        self.last_raising = deconvolution(low, low // 2)
        self.head = fcn_head(low // 2)
        set_momentum(self, FORM)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W) to logits (B, 1, H, W)."""
        padded, crop = pad_to_multiple(image, STRIDE)
        *finer, x = self.encoder(padded)
        for raising, fusion, low in zip(self.raisings, self.fusions, reversed(finer), strict=True):
            x = fusion(low, raising(x))
        logits = self.head(self.last_raising(x))
        return crop(bilinear(logits, padded.shape[-2:]))
