"""The network of RDIAN: contrast in directions weighs the first map, then branches of several receptive fields.

| symbol | meaning | in the released code |
|---|---|---|
| I | image, (B, 1, H, W) | `x` |
| d_1..d_8 | I less I moved by two pixels in one of the eight directions; beyond the border I is zero | `d11`..`d18` |
| M | σ(sum of d_i d_(i + 4) over the four pairs of opposite directions), (B, 1, H, W) | `md` |
| X | first map, of the image's size; the branches read X + M X at half of it | `out1` |
| branch | residual blocks of kernel 1, 3, 5 or 7, each through half the channels | `residual_block0`..`3` |
| M_c, M_s | weights of channels and of pixels of the fused branches (`istdbench.methods.parts.cbam`) | `cbam` |
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.cbam import ChannelAttention
from istdbench.methods.parts.layers import SpatialAttention, fcn_head, narrow_normal
from istdbench.methods.parts.neighbours import HALF_OF_NEIGHBOURS

FINE, COARSE = 16, 32
"""Channels of a map at the image's size, and of one at half of it."""

BRANCHES = ((1, 1), (3, 2), (5, 2), (7, 2))
"""Kernel and residual blocks of each."""

STEP = 2
"""Pixels to the neighbours that I is compared with."""


class ResidualBranchBlock(nn.Module):
    """Two convolutions through half the channels, each with batch norm and leaky ReLU, and a shortcut."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        half = COARSE // 2
        self.body = nn.Sequential(_conv(COARSE, half, kernel), _conv(half, COARSE, kernel))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, COARSE, H, W) to the same shape."""
        return x + self.body(x)


class RDIAN(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = _conv(1, FINE, 3)
        self.coarse = _conv(FINE, COARSE, 3, stride=2)
        self.branches = nn.ModuleList(
            nn.Sequential(*(ResidualBranchBlock(kernel) for _ in range(blocks))) for kernel, blocks in BRANCHES
        )
        self.fusion = _conv(len(BRANCHES) * COARSE, COARSE, 3)
        self.channels = ChannelAttention(COARSE, reduction=COARSE, bias=True)
        self.pixels = SpatialAttention(kernel=7, norm=True)
        self.skip = _conv(FINE, COARSE, 1)
        self.head = fcn_head(COARSE)
        for name, part in self.named_children():
            if name != "channels":  # its layers are linear ones in the released code, which its training leaves alone
                part.apply(narrow_normal)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W) to logits (B, 1, H, W)."""
        fine = self.fine(image)
        coarse = self.coarse(fine + directional_contrast(image).sigmoid() * fine)
        x = self.fusion(torch.cat([branch(coarse) for branch in self.branches], dim=1))
        x = self.channels(x) * x
        x = self.pixels(x) * x
        enlarged = bilinear(x, image.shape[-2:])
        return self.head(F.relu(enlarged + self.skip(fine)))


def directional_contrast(image: Tensor) -> Tensor:
    """Sum of d_i d_(i + 4): (B, 1, H, W) to the same shape; large where a pixel is above or below all around it."""
    height, width = image.shape[-2:]
    padded = F.pad(image, 4 * (STEP,))

    def moved(rows: int, columns: int) -> Tensor:
        top, left = STEP * (1 + rows), STEP * (1 + columns)
        return padded[..., top : top + height, left : left + width]

    pairs = [(moved(rows, columns), moved(-rows, -columns)) for rows, columns in HALF_OF_NEIGHBOURS]
    return torch.stack([(image - one) * (image - opposite) for one, opposite in pairs]).sum(0)


def _conv(in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.LeakyReLU(),
    )
