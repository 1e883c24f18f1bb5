"""The feed-forward part of the released repository's later network (commit 6b57de1): an inverted residual."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class InvertedResidual(nn.Module):
    """1 x 1 convolution to twice the channels, depthwise 3 x 3 with a shortcut, 1 x 1 back. Not in the paper."""

    def __init__(self, dim: int, expansion: int = 2) -> None:
        super().__init__()
        inside = expansion * dim
        self.expand = nn.Conv2d(dim, inside, 1)
        self.expand_norm = nn.BatchNorm2d(inside)
        self.depthwise = nn.Conv2d(inside, inside, 3, padding=1, groups=inside)
        self.depthwise_norm = nn.BatchNorm2d(inside)
        self.project = nn.Conv2d(inside, dim, 1)
        self.project_norm = nn.BatchNorm2d(dim)

    def forward(self, cells: Tensor) -> Tensor:
        """Cells (B, H, W, h, w, dim), as words or as sentences of one word, to the same shape.

        The convolutions see the map (B, dim, H h, W w) that the cells were cut from.
        """
        x = self.to_map(cells)
        x = self.expand_norm(F.gelu(self.expand(x)))
        x = x + self.depthwise_norm(F.gelu(self.depthwise(x)))
        return self.to_cells(self.project_norm(self.project(x)), cells)

    def to_map(self, cells: Tensor) -> Tensor:
        """Cells (B, H, W, h, w, dim) to the map (B, dim, H h, W w)."""
        return cells.transpose(2, 3).flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)

    def to_cells(self, x: Tensor, like: Tensor) -> Tensor:
        """The map (B, dim, H h, W w) to cells shaped `like` (B, H, W, h, w, dim), contiguous."""
        _, _, _, height, width, _ = like.shape
        x = x.permute(0, 2, 3, 1).unflatten(2, (-1, width)).unflatten(1, (-1, height))
        return x.transpose(2, 3).contiguous()
