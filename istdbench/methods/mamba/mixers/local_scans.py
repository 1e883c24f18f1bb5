"""LocalMamba's layer (Huang et al. 2024, arXiv 2403.09338): SS2D along chosen scans, each weighed by attention.

| symbol | meaning | where |
|---|---|---|
| scan | an order of the map: rows, columns, or windows of 2 x 2 or 7 x 7 pixels, forwards or backwards | section 4.1 |
| SCAttn | spatial and channel attention, which weighs a scan's output before the sum | Fig. 3 (b) |

Other symbols: `istdbench.methods.mamba.mim.block`. Paper and released code (hunto/LocalMamba) disagree in three places:
- SCAttn: in the code its spatial half is commented out. With it, the layer follows the paper and the authors' own
  earlier layer that has both halves (LightViT, arXiv 2207.05557, bi-dimensional attention).
- Windows: the code pads the map with zeros to whole windows and scans the zeros too, of which the paper says nothing.
  Ours are cut off at the border. Where the side of the window divides those of the map, the two are the same.
- Columns: the code writes the output of a scan by columns back as if the map were square. Ours returns each number to
  the position that it belongs to.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.mim.block import EXPANSION, SS2D
from istdbench.ops.layer_norm import LayerNorm
from istdbench.ops.orders import scan_orders

REDUCTION = 8


class LocalSS2D(SS2D):
    """SS2D along any scans, whose outputs are weighed by one SCAttn before they are added up."""

    def __init__(self, dim: int, scans: tuple[str, ...], *, spatial: bool) -> None:
        """
        Args:
            dim: channels of the map.
            scans: of `istdbench.ops.orders.SCANS`.
            spatial: see `ScanAttention`.
        """
        super().__init__(dim, directions=len(scans))
        self.scans = scans
        self.attention = ScanAttention(EXPANSION * dim, spatial=spatial)

    def scan_map(self, x: Tensor) -> Tensor:
        """Map (B, H, W, inside) scanned in all directions, weighed and added up: (B, H W, inside)."""
        height, width = x.shape[1:3]
        tokens, orders = x.flatten(1, 2), scan_orders(self.scans, height, width, x.device)
        outputs = (self.scan_one(k, tokens, orders) for k in range(len(orders)))
        return torch.stack([self.attention(y) for y in outputs]).sum(0)


class ScanAttention(nn.Module):
    """SCAttn: a gate for each channel, from the mean over the map, and one for each position, from it and that mean."""

    def __init__(self, dim: int, *, spatial: bool) -> None:
        """
        Args:
            dim: channels of a scan's output.
            spatial: whether there is a gate for each position.
        """
        super().__init__()
        reduced = dim // REDUCTION
        self.norm = LayerNorm(dim)
        self.reduce_mean = nn.Linear(dim, reduced)
        self.channel = nn.Linear(reduced, dim)
        self.reduce_each = nn.Linear(dim, reduced) if spatial else None
        self.position = nn.Linear(2 * reduced, 1) if spatial else None

    def forward(self, y: Tensor) -> Tensor:
        """Output of one scan by position (B, L, dim), weighed: the same shape."""
        normed = self.norm(y)
        mean = F.gelu(self.reduce_mean(normed.mean(1, keepdim=True)))
        y = y * self.channel(mean).sigmoid()
        if self.reduce_each is None or self.position is None:
            return y
        each = F.gelu(self.reduce_each(normed))
        return y * self.position(torch.cat([each, mean.expand_as(each)], -1)).sigmoid()
