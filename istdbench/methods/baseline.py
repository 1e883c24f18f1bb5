"""The paper's baseline (Table 3, first row): MiM-ISTD's encoder and decoder with visual-Mamba blocks and no words.

Glossary and layouts: `istdbench.methods.mim`. The block is VMamba's VSS block (arXiv 2401.10166) without feed-forward
part, which is the outer path alone; since nothing reads the words, they are not computed.
"""

from __future__ import annotations

from torch import nn

from istdbench.methods.mim.blocks import Block, OuterPath
from istdbench.methods.mim.network import PAPER, Place, build_network
from istdbench.methods.mim.ss2d import SS2D
from istdbench.methods.spec import Method


def build() -> nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""

    def block(place: Place) -> Block:
        return Block(outer=OuterPath(SS2D(place.sentence_dim), place.sentence_dim))

    return build_network(PAPER, block)


BASELINE = Method(
    name="baseline",
    kind="learned",
    summary="MiM-ISTD's encoder and decoder with visual-Mamba (VSS) blocks and no inner Mamba",
    paper="Chen et al., MiM-ISTD, 2024, arXiv 2403.02148, Table 3; Liu et al., VMamba, 2024, arXiv 2401.10166",
    build=build,
    in_channels=3,
)
