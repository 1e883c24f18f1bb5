"""SS2D: a gated selective scan over a two-dimensional map in four directions (VMamba, arXiv 2401.10166, Fig. 3)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mim.scan_layer import ScanLayer
from istdbench.ops.orders import cross_scan

DIRECTIONS = 4


class SS2D(ScanLayer):
    """Projection, depthwise 3 x 3 convolution, scan in four directions, norm, gate, projection."""

    def __init__(self, dim: int, *, directions: int = DIRECTIONS, states: int = 16, expansion: int = 2) -> None:
        """
        Args:
            dim: channels of the map.
            directions: K, the scans that `scan_map` makes.
            states: N, states a channel.
            expansion: channels in the scan, as a multiple of `dim`.
        """
        super().__init__()
        inside = expansion * dim
        self.in_proj = nn.Linear(dim, 2 * inside, bias=False)
        self.conv = nn.Conv2d(inside, inside, 3, padding=1, groups=inside)
        self.add_scans(directions, dim, inside, states)
        self.out_norm = nn.LayerNorm(inside)
        self.out_proj = nn.Linear(inside, dim, bias=False)
        self.reset_scan()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, H, W, dim) to the same shape."""
        # contiguous halves: SiLU of a strided one takes six times as long
        x, gate = (half.contiguous() for half in self.in_proj(x).chunk(2, dim=-1))
        x = F.silu(self.conv(x.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        y = self.out_norm(self.scan_map(x)).view(gate.shape)
        return self.out_proj(y * F.silu(gate))

    def scan_map(self, x: Tensor) -> Tensor:
        """Map (B, H, W, inside) scanned in all directions, added up: (B, H W, inside)."""
        height, width = x.shape[1:3]
        return self.scan(x.flatten(1, 2), cross_scan(height, width, x.device))
