"""LocalMamba's block (Huang et al. 2024, arXiv 2403.09338) in MiM-ISTD's encoder and decoder, without words.

| symbol | meaning | where |
|---|---|---|
| scan | an order of the map: rows, columns, or windows of 2 x 2 or 7 x 7 pixels, forwards or backwards | section 4.1 |
| scans of a block | those that it adds up, four in the paper, found for each block by a search | section 4.2 |
| SCAttn | spatial and channel attention, which weighs a scan's output before the sum | Fig. 3 (b) |

Other symbols and layouts: `istdbench.methods.mim`. The block is the one of LocalVMamba: `baseline`'s, but for its scans
and SCAttn. Paper and released code (hunto/LocalMamba) disagree in three places:
- SCAttn: in the code its spatial half is commented out. The default follows the paper, by the authors' own earlier
  layer with both halves (LightViT, arXiv 2207.05557, bi-dimensional attention); `attention=channel` is the code.
- Windows: the code pads the map with zeros to whole windows and scans the zeros too, of which the paper says nothing;
  ours are cut off at the border. Where the window divides the map the two are the same.
- Columns: the code puts what it scanned by columns back as if the map were square; ours goes where it came from.

The scans of LocalVMamba-T were found for stages of 2, 2, 9 and 2 blocks. MiM-ISTD's second stage has 4, for which
`searched` takes the two found ones twice; its other stages fit.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.errors import UsageError
from istdbench.methods.mim.blocks import Block, OuterPath
from istdbench.methods.mim.network import PAPER, Place, build_network
from istdbench.methods.mim.ss2d import SS2D
from istdbench.methods.spec import Method, Option
from istdbench.ops.orders import SCANS, scan_orders

SEARCHED = (
    "h+h_flip+w7+w7_flip/h_flip+v_flip+w2+w2_flip/"
    "h_flip+v_flip+w2_flip+w7/h_flip+v+v_flip+w2/h_flip+v_flip+w2_flip+w7/h_flip+v+v_flip+w2/"
    "h+h_flip+v_flip+w2_flip/h_flip+v_flip+w2+w2_flip/h+w2_flip+w7+w7_flip/h+h_flip+v+v_flip/h+v_flip+w7+w7_flip/"
    "h_flip+v+w2+w7_flip/v+v_flip+w2+w7_flip/h+h_flip+v_flip+w2_flip/v_flip+w2_flip+w7+w7_flip/"
    "h_flip+v_flip+w2_flip+w7_flip/h_flip+v+w7+w7_flip"
)
"""The scans of LocalVMamba-T, block by block (released code, `local_vssm_tiny`); see above for the second stage."""

REDUCTION = 8


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
        self.norm = nn.LayerNorm(dim)
        self.reduce_mean = nn.Linear(dim, reduced)
        self.channel = nn.Linear(reduced, dim)
        self.reduce_each = nn.Linear(dim, reduced) if spatial else None
        self.position = nn.Linear(2 * reduced, 1) if spatial else None

    def forward(self, y: Tensor) -> Tensor:
        """Output of one scan (B, L, dim), by position, weighed: the same shape."""
        normed = self.norm(y)
        mean = F.gelu(self.reduce_mean(normed.mean(1, keepdim=True)))
        y = y * self.channel(mean).sigmoid()
        if self.reduce_each is None or self.position is None:
            return y
        each = F.gelu(self.reduce_each(normed))
        return y * self.position(torch.cat([each, mean.expand_as(each)], -1)).sigmoid()


class LocalSS2D(SS2D):
    """SS2D along any scans, whose outputs are weighed by one SCAttn before they are added up."""

    def __init__(self, dim: int, scans: tuple[str, ...], *, spatial: bool, expansion: int = 2) -> None:
        """
        Args:
            dim: channels of the map.
            scans: of `istdbench.ops.orders.SCANS`.
            spatial: see `ScanAttention`.
            expansion: channels in the scan, as a multiple of `dim`.
        """
        super().__init__(dim, directions=len(scans), expansion=expansion)
        self.scans = scans
        self.attention = ScanAttention(expansion * dim, spatial=spatial)

    def scan_map(self, x: Tensor) -> Tensor:
        """Map (B, H, W, inside) scanned in all directions, weighed and added up: (B, H W, inside)."""
        height, width = x.shape[1:3]
        tokens, orders = x.flatten(1, 2), scan_orders(self.scans, height, width, x.device)
        outputs = (self.scan_one(k, tokens, orders) for k in range(len(orders)))
        return torch.stack([self.attention(y) for y in outputs]).sum(0)


def parse_scans(text: str, blocks: int) -> list[tuple[str, ...]]:
    """The scans of each block from text: names joined by "+", for all blocks, or for each block between "/".

    Raises:
        UsageError: an unknown name, or neither one set nor one for each block.
    """
    sets = [tuple(part.split("+")) for part in text.split("/")]
    if unknown := [name for names in sets for name in names if name not in SCANS]:
        raise UsageError(f"localmamba: no scan {unknown[0]!r} in scans={text}; there are: {', '.join(SCANS)}")
    if len(sets) not in (1, blocks):
        raise UsageError(f"localmamba: scans={text} has {len(sets)} sets; give one for all blocks, or {blocks}")
    return sets * blocks if len(sets) == 1 else sets


def build(scans: str = "searched", attention: str = "both") -> nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W).

    Args:
        scans: "searched", or as `parse_scans` takes them.
        attention: "both" or "channel".

    Raises:
        UsageError: scans that there are not.
    """
    of_block = iter(parse_scans(SEARCHED if scans == "searched" else scans, sum(PAPER.depths)))

    def block(place: Place) -> Block:
        mixer = LocalSS2D(place.sentence_dim, next(of_block), spatial=attention == "both")
        return Block(outer=OuterPath(mixer, place.sentence_dim))

    return build_network(PAPER, block)


LOCALMAMBA = Method(
    name="localmamba",
    kind="learned",
    summary="MiM-ISTD's encoder and decoder with LocalMamba's windowed and global scans and no inner Mamba",
    paper="Huang et al., LocalMamba, 2024, arXiv 2403.09338",
    options={
        "scans": Option(
            "searched",
            f"searched (those of LocalVMamba-T), or names joined by + from {', '.join(SCANS)}; "
            "one such set for all blocks, or 17 of them with / between",
        ),
        "attention": Option(
            "both",
            "gates of a scan's output: both (for channels and positions, the paper) or channel (the released code)",
            choices=("both", "channel"),
        ),
    },
    build=build,
    in_channels=3,
)
