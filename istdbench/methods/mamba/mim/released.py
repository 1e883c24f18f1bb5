"""What only the released repository has (txchen-USTC/MiM-ISTD): its head and its layout of tokens.

The head (commit 6b57de1) is not the paper's network, which is commit 3a82032. Its blocks are fewer and wider, and each
Mamba is followed by a feed-forward part, an inverted residual.

The released SS2D takes tokens (B, H W, C), permutes them to (B, C, H W) and then reads that memory as a map
(B, H, W, C): numbers of different pixels and channels change places. The feed-forward part reads the tokens' memory as
(B, C, H, W) in the same manner. The paper's equations mean tokens laid out in space, which is our default. The classes
whose names begin with Released load the released networks and check ours against them.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.mim.block import SS2D
from istdbench.methods.mamba.mim.encoder import split_words
from istdbench.methods.mamba.mim.network import PAPER

HEAD = replace(PAPER, depths=(2, 2, 2, 2), sentence_dims=(32, 64, 128, 256))


class InvertedResidual(nn.Module):
    """1 x 1 convolution to twice the channels, depthwise 3 x 3 with a shortcut, 1 x 1 back."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        inside = 2 * dim
        self.expand = nn.Conv2d(dim, inside, 1)
        self.expand_norm = nn.BatchNorm2d(inside)
        self.depthwise = nn.Conv2d(inside, inside, 3, padding=1, groups=inside)
        self.depthwise_norm = nn.BatchNorm2d(inside)
        self.project = nn.Conv2d(inside, dim, 1)
        self.project_norm = nn.BatchNorm2d(dim)

    def forward(self, cells: Tensor) -> Tensor:
        """Cells (B, H, W, w, w, dim), which are words or sentences of one word, to the same shape.

        The convolutions see the map (B, dim, H w, W w) that the cells were cut from.
        """
        x = self.to_map(cells)
        x = self.expand_norm(F.gelu(self.expand(x)))
        x = x + self.depthwise_norm(F.gelu(self.depthwise(x)))
        return self.to_cells(self.project_norm(self.project(x)), cells)

    def to_map(self, cells: Tensor) -> Tensor:
        """Cells (B, H, W, w, w, dim) to the map (B, dim, H w, W w)."""
        return cells.transpose(2, 3).flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)

    def to_cells(self, x: Tensor, like: Tensor) -> Tensor:
        """The map (B, dim, H w, W w) to cells shaped `like` (B, H, W, w, w, dim), contiguous."""
        return split_words(x.permute(0, 2, 3, 1), like.shape[4])


class ReleasedSS2D(SS2D):
    """SS2D over the released code's rearrangement of the map."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, H, W, dim) to the same shape."""
        return super().forward(x.flatten(1, 2).transpose(1, 2).reshape(x.shape))


class ReleasedInvertedResidual(InvertedResidual):
    """The feed-forward part over the released code's reading of the tokens' memory."""

    def to_map(self, cells: Tensor) -> Tensor:
        batch, rows, columns, height, width, dim = cells.shape
        return cells.reshape(batch, dim, rows * height, columns * width)

    def to_cells(self, x: Tensor, like: Tensor) -> Tensor:
        return x.reshape(like.shape)
