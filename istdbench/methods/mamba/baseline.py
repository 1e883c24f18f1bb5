"""The paper's baseline (Table 3, first row): MiM-ISTD's encoder and decoder with visual-Mamba blocks and no words.

Glossary and layouts: `istdbench.methods.mamba.mim.network`. The block is VMamba's VSS block as its first version has it
(arXiv 2401.10166v1, January 2024, Fig. 3): gated, and no feed-forward part follows. It is the outer path alone. Since
nothing reads the words, they are not computed. `block=later` is the block that VMamba's authors put in its place in the
same year (`istdbench.methods.mamba.mixers.ungated`); MiM-ISTD's paper does not have it.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned, Option


def build(block: str = "first") -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W).

    Args:
        block: "first" or "later".
    """
    from istdbench.methods.mamba.mim.block import SS2D
    from istdbench.methods.mamba.mim.network import without_words
    from istdbench.methods.mamba.mixers.ungated import UngatedSS2D, feed_forward

    if block == "first":
        return without_words(lambda place: SS2D(place.sentence_dim))
    return without_words(lambda place: UngatedSS2D(place.sentence_dim), lambda place: feed_forward(place.sentence_dim))


BASELINE = Learned(
    name="baseline",
    summary="VMamba's block of January 2024 (gated, no FFN) in MiM-ISTD's encoder and decoder, without an inner Mamba",
    paper="Chen et al., MiM-ISTD, 2024, arXiv 2403.02148, Table 3; Liu et al., VMamba, 2024, arXiv 2401.10166",
    options={
        "block": Option(
            "first",
            "VMamba's block: first (January 2024: gated, no FFN) or later (May 2024: no gate, an FFN, one state)",
            choices=("first", "later"),
            implied=True,
        ),
    },
    build=build,
    in_channels=3,
)
