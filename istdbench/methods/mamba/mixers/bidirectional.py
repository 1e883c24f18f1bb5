"""Vision Mamba's block (Zhu et al. 2024, arXiv 2401.09417, Algorithm 1) as a layer that mixes a map.

| symbol | meaning |
|---|---|
| x, gate | the two halves of the input projection: what is scanned, and what multiplies the sum; z in the paper |
| o | direction: row by row forward, or backward |
| x'_o | x after direction o's own causal convolution along the sequence, and SiLU |
| A_o, B_o, C_o, Δ_o | parameters and projections of scan o; each direction has its own |
| y_o | the output of scan o; (y_forward + y_backward) SiLU(gate) is projected back |

Other symbols: `istdbench.methods.mamba.mim.block`. The released code (hustvl/Vim, `bimamba_type="v2"`) computes the
same, except that its models for ImageNet halve the sum of the directions (`if_devide_out`). The paper does not halve
it, and neither do we.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mamba.mim.block import EXPANSION, ScanLayer
from istdbench.ops.orders import scan_orders

ORDERS = ("h", "h_flip")
KERNEL = 4


class BidirectionalMamba(ScanLayer):
    """Projection; in each direction a causal convolution and a scan; sum, gate, projection."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        inside = EXPANSION * dim
        self.in_proj = nn.Linear(dim, 2 * inside, bias=False)
        self.convs = nn.ModuleList(nn.Conv1d(inside, inside, KERNEL, padding=KERNEL - 1, groups=inside) for _ in ORDERS)
        self.add_scans(len(ORDERS), dim)
        self.out_proj = nn.Linear(inside, dim, bias=False)
        self.reset_scan()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, H, W, dim) to the same shape."""
        height, width = x.shape[1:3]
        x, gate = (half.contiguous() for half in self.in_proj(x).chunk(2, dim=-1))
        orders = scan_orders(ORDERS, height, width, x.device)
        sequence = x.flatten(1, 2).mT  # B, inside, L
        behind, ahead = self.convs
        seen = (_causal(behind, sequence), _causal(ahead, sequence.flip(-1)).flip(-1))
        forward, backward = (self.scan_one(k, F.silu(tokens).mT, orders) for k, tokens in enumerate(seen))
        return self.out_proj((forward + backward).view(gate.shape) * F.silu(gate))


def _causal(conv: nn.Module, sequence: Tensor) -> Tensor:
    """The convolution's outputs that see a position and those before it: as many as there are positions."""
    return conv(sequence)[..., : sequence.shape[-1]]
