"""Vision Mamba's block (Vim, Zhu et al. 2024, arXiv 2401.09417) in MiM-ISTD's encoder and decoder, without words.

Glossary and layouts: `istdbench.methods.mamba.mim.network`. Only the block is Vim's, and it is the one that
its code calls v2, of two directions; its class token and its position embedding have no place in this encoder.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned


def build() -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""
    from istdbench.methods.mamba.mim.network import without_words
    from istdbench.methods.mamba.mixers.bidirectional import BidirectionalMamba

    return without_words(lambda place: BidirectionalMamba(place.sentence_dim))


VIM = Learned(
    name="vim",
    summary="Vision Mamba's block, Vim's v2 (bidirectional), in MiM-ISTD's encoder and decoder, without an inner Mamba",
    paper="Zhu et al., Vision Mamba, 2024, arXiv 2401.09417",
    build=build,
    in_channels=3,
)
