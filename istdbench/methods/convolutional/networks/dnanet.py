"""The network of DNANet: a triangular grid of nodes, and the fusion of the last node of each level.

Symbol   Meaning
L^{i,j}  output of node j on level i: i = 0..4 from fine to coarse, each level half as wide; j = 0..4-i
DNIM     dense nested interactive module: the grid of nodes. L^{i,0} is the backbone, which reads the max-pooled
         L^{i-1,0}; for j > 0 a node reads all earlier nodes of its level, the node below, L^{i+1,j-1}, enlarged,
         and the node above, L^{i-1,j}, shrunk
CSAM     channel and spatial attention module, the attention in each node (`istdbench.methods.parts.cbam`)
FPFM     feature pyramid fusion module: the last node of each level, at the finest level's size, through one more node

The released code shrinks between nodes by bilinear interpolation, and pools in the backbone alone; so does ours.
Training supervises L^{0,1}, L^{0,2}, L^{0,3} and the fused map, each by a head of its own; the last is evaluated.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.cbam import attentive_stage
from istdbench.methods.parts.layers import glorot_normal, pad_to_multiple, resized

CHANNELS = (16, 32, 64, 128, 256)
"""Of a map on each level."""

LEVELS = len(CHANNELS)


class DNANet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self, in_channels: int, blocks: tuple[int, ...]) -> None:
        """
        Args:
            blocks: residual blocks in a node of each level.
        """
        super().__init__()
        sizes = zip((in_channels, *CHANNELS[:-1]), CHANNELS, blocks, strict=True)
        self.backbone = nn.ModuleList(attentive_stage(*of_level) for of_level in sizes)
        self.nested = nn.ModuleList(  # nested[j - 1][i] makes L^{i,j}
            nn.ModuleList(attentive_stage(_read(i, j), CHANNELS[i], blocks[i]) for i in range(LEVELS - j))
            for j in range(1, LEVELS)
        )
        fine, *coarser = CHANNELS
        self.to_fine = nn.ModuleList(nn.Conv2d(channels, fine, 1) for channels in coarser)
        self.fusion = attentive_stage(LEVELS * fine, fine)
        self.head = nn.Conv2d(fine, 1, 1)
        self.side_heads = nn.ModuleList(nn.Conv2d(fine, 1, 1) for _ in range(LEVELS - 2))
        self.apply(glorot_normal)  # as the released training does

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, in_channels, H, W), normalised, to logits (B, 1, H, W); in training the side heads' beside them.

        Below and to the right of the image, zeros fill up to a multiple of 16.
        """
        padded, crop = pad_to_multiple(image, 2 ** (LEVELS - 1))
        levels = self._nodes(padded)
        logits = crop(self.head(self._fused(levels)))
        if not self.training:
            return logits
        sides = (crop(head(x)) for head, x in zip(self.side_heads, levels[0][1:-1], strict=True))
        return Outputs(masks=(logits, *sides))

    def _nodes(self, image: Tensor) -> list[list[Tensor]]:
        """DNIM: L^{i,j} as levels[i][j]."""
        levels = [[self.backbone[0](image)]]
        for stage in self.backbone[1:]:
            levels.append([stage(F.max_pool2d(levels[-1][0], 2))])
        for j, column in enumerate(self.nested, start=1):
            for i, node in enumerate(column.children()):
                below = resized(levels[i + 1][j - 1], 2)
                above = [resized(levels[i - 1][j], 0.5)] if i > 0 else []
                levels[i].append(node(torch.cat([*levels[i], below, *above], dim=1)))
        return levels

    def _fused(self, levels: list[list[Tensor]]) -> Tensor:
        """FPFM: (B, 16, H, W), from the coarsest level to the finest."""
        fine, *coarser = (nodes[-1] for nodes in levels)
        enlarged = [resized(conv(x), 2**i) for i, (conv, x) in enumerate(zip(self.to_fine, coarser, strict=True), 1)]
        return self.fusion(torch.cat([*reversed(enlarged), fine], dim=1))


def _read(i: int, j: int) -> int:
    """Channels that node j > 0 on level i reads: of its level, from below, and from above."""
    return j * CHANNELS[i] + CHANNELS[i + 1] + (CHANNELS[i - 1] if i > 0 else 0)
