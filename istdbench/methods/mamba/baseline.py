"""The paper's baseline (Table 3, first row): MiM-ISTD's encoder and decoder with visual-Mamba blocks and no words.

Glossary and layouts: `istdbench.methods.mamba.mim.network`. The block is VMamba's VSS block as its first version has it
(arXiv 2401.10166v1, January 2024, Fig. 3): gated, and no feed-forward part follows. It is the outer path alone. Since
nothing reads the words, they are not computed.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned


def build() -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""
    from istdbench.methods.mamba.mim.block import SS2D
    from istdbench.methods.mamba.mim.network import without_words

    return without_words(lambda place: SS2D(place.sentence_dim))


BASELINE = Learned(
    name="baseline",
    summary="VMamba's block of January 2024 (gated, no FFN) in MiM-ISTD's encoder and decoder, without an inner Mamba",
    paper="Chen et al., MiM-ISTD, 2024, arXiv 2403.02148, Table 3; Liu et al., VMamba, 2024, arXiv 2401.10166",
    build=build,
    in_channels=3,
)
