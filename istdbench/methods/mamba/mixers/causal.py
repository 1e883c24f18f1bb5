"""Mamba's block (Gu and Dao 2023, arXiv 2312.00752, Fig. 3) on a sequence of tokens.

Symbols: `istdbench.methods.mamba.mim.block`. The definition followed is mamba-ssm's `Mamba`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.mim.block import EXPANSION, ScanLayer
from istdbench.ops.orders import scan_orders

KERNEL = 4


class CausalMamba(ScanLayer):
    """Projection, causal convolution, one scan forwards, gate, projection."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        inside = EXPANSION * dim
        self.in_proj = nn.Linear(dim, 2 * inside, bias=False)
        self.conv = nn.Conv1d(inside, inside, KERNEL, padding=KERNEL - 1, groups=inside)
        self.add_scans(1, dim)
        self.out_proj = nn.Linear(inside, dim, bias=False)
        self.reset_scan()

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, L, dim) to the same shape."""
        length = tokens.shape[1]
        x, gate = (half.contiguous() for half in self.in_proj(tokens).chunk(2, dim=-1))
        x = F.silu(self.conv(x.mT)[..., :length]).mT
        return self.out_proj(self.scan(x, scan_orders(("h",), 1, length, x.device)) * F.silu(gate))
