"""VMamba's later block (Liu et al. 2024, arXiv 2401.10166v3, May 2024, Fig. 3): no gate, and a feed-forward part.

The gate of SS2D is left out, and with the part behind it the block is built as a transformer's is. Followed are the
sizes of its fastest networks (released code MzeroMiko/VMamba, `vmamba.py` at commit 2ed52ea, `vmamba_tiny_s1l8`): the
scan has as many channels as the map and one state for each, N = 1, and the convolution has no bias.

Symbols: `istdbench.methods.mamba.mim.block`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.mim.block import DIRECTIONS, ScanLayer
from istdbench.ops.layer_norm import LayerNorm
from istdbench.ops.orders import cross_scan

WIDENED = 4
"""How many times wider the feed-forward part is inside."""


class UngatedSS2D(ScanLayer):
    """Projection, depthwise 3 x 3 convolution, scan in four directions, norm, projection."""

    def __init__(self, dim: int) -> None:
        """
        Args:
            dim: channels of the map.
        """
        super().__init__()
        self.in_proj = nn.Linear(dim, dim, bias=False)
        self.conv = nn.Conv2d(dim, dim, 3, padding=1, groups=dim, bias=False)
        self.add_scans(DIRECTIONS, dim, expansion=1, states=1)
        self.out_norm = LayerNorm(dim)
        self.out_proj = nn.Linear(dim, dim, bias=False)
        self.reset_scan()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, H, W, dim) to the same shape."""
        height, width = x.shape[1:3]
        x = F.silu(self.conv(self.in_proj(x).permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        y = self.scan(x.flatten(1, 2), cross_scan(height, width, x.device))
        return self.out_proj(self.out_norm(y).view(x.shape))


def feed_forward(dim: int) -> nn.Module:
    """From (..., dim) to the same shape: a perceptron with one hidden layer, at each position."""
    return nn.Sequential(nn.Linear(dim, WIDENED * dim), nn.GELU(), nn.Linear(WIDENED * dim, dim))
