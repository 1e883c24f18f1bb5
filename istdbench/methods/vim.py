"""Vision Mamba's block (Zhu et al. 2024, arXiv 2401.09417) in MiM-ISTD's encoder and decoder, without words.

| symbol | meaning | where |
|---|---|---|
| x, z | the two halves of the input projection: what is scanned, and the gate | Algorithm 1 |
| o | direction: row by row forward, or backward | Algorithm 1 |
| x'_o | x after direction o's own causal convolution along the sequence, and SiLU | Algorithm 1 |
| A_o, B_o, C_o, Δ_o | parameters and projections of scan o, each direction its own | Algorithm 1 |
| y_o | what scan o gives; (y_forward + y_backward) SiLU(z) is projected back | Algorithm 1 |

Other symbols and layouts: `istdbench.methods.mim`. The released code (hustvl/Vim, `bimamba_type="v2"`) is the same; its
models for ImageNet halve the sum of the directions too (`if_devide_out`), which the paper does not, and neither do we.
Only the block is Vim's: its class token and position embedding have no place in this encoder.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mim.blocks import Block, OuterPath
from istdbench.methods.mim.network import PAPER, Place, build_network
from istdbench.methods.mim.scan_layer import ScanLayer
from istdbench.methods.spec import Method
from istdbench.ops.orders import scan_orders

ORDERS = ("h", "h_flip")
KERNEL = 4


class BidirectionalMamba(ScanLayer):
    """Projection; in each direction a causal convolution and a scan; sum, gate, projection (Algorithm 1)."""

    def __init__(self, dim: int, *, states: int = 16, expansion: int = 2) -> None:
        """
        Args:
            dim: channels of the map.
            states: N, states a channel.
            expansion: channels in the scan, as a multiple of `dim`.
        """
        super().__init__()
        inside = expansion * dim
        self.in_proj = nn.Linear(dim, 2 * inside, bias=False)
        self.convs = nn.ModuleList(nn.Conv1d(inside, inside, KERNEL, padding=KERNEL - 1, groups=inside) for _ in ORDERS)
        self.add_scans(len(ORDERS), dim, inside, states)
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


def build() -> nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""

    def block(place: Place) -> Block:
        return Block(outer=OuterPath(BidirectionalMamba(place.sentence_dim), place.sentence_dim))

    return build_network(PAPER, block)


VIM = Method(
    name="vim",
    kind="learned",
    summary="MiM-ISTD's encoder and decoder with Vision Mamba's bidirectional blocks and no inner Mamba",
    paper="Zhu et al., Vision Mamba, 2024, arXiv 2401.09417",
    build=build,
    in_channels=3,
)
