"""MiM-ISTD's decoder, from the coarsest feature map to the finest, and its FCN head.

The symbols are those of `network`; H and W are the height and width of the map at hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

from istdbench.methods.parts.layers import fcn_head, residual_stage
from istdbench.ops.layer_norm import LayerNorm

PRIOR = 0.01


class PatchExpanding(nn.Module):
    """Twice the height and width, half the channels: a projection whose numbers become 2 x 2 pixels (Swin-Unet)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.expand = nn.Linear(dim, 2 * dim, bias=False)
        self.norm = LayerNorm(dim // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, dim, H, W) to (B, dim / 2, 2 H, 2 W)."""
        x = self.expand(x.permute(0, 2, 3, 1)).unflatten(-1, (2, 2, -1))  # B, H, W, row, column, dim / 2
        x = self.norm(x).transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return x.permute(0, 3, 1, 2)


class Decoder(nn.Module):
    """Feature maps of all stages to logits at the finest map's size."""

    def __init__(self, dims: Sequence[int]) -> None:
        """
        Args:
            dims: C of each stage, each half as large as the next.
        """
        super().__init__()
        self.expandings = nn.ModuleList(PatchExpanding(dim) for dim in reversed(dims[1:]))
        self.residuals = nn.ModuleList(residual_stage(dim, dim, blocks=2) for dim in reversed(dims[:-1]))
        self.head = fcn_head_with_prior(dims[0])

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Maps (B, C, H, W), finest first, each half as high and wide as the one before, to logits (B, 1, H, W).

        Each step expands the map to the size of the next finer one, adds that one, and refines the sum.
        """
        *finer, x = features
        for expanding, residual, skip in zip(self.expandings, self.residuals, reversed(finer), strict=True):
            x = residual(expanding(x) + skip)
        return self.head(x)


def fcn_head_with_prior(dim: int) -> nn.Sequential:
    """The FCN head, whose untrained scores are about PRIOR (RetinaNet, arXiv 1708.02002, section 3.3).

    In the released code they are about one half, and many steps pass until it has learned that targets are rare, since
    the head's bias moves by at most the learning rate in each. Measured with `conv_inner` on `nuaa`, stretched, in
    batches of 4 crops of 128 x 128: started at one half, the training loss was 1.30 after 27 epochs (AdamW 1.5e-3),
    where an empty prediction costs little more than 1; with the prior it was 0.83 after the first epoch (AdamW 2e-3).
    """
    head = fcn_head(dim)
    nn.init.constant_(head[-1].bias, -math.log((1 - PRIOR) / PRIOR))  # type: ignore[arg-type]
    return head
