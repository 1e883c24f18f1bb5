"""MiM-ISTD with attention in place of the inner Mamba, as in Transformer in Transformer (TNT, Han et al. 2021).

Glossary and layouts: `istdbench.methods.mamba.mim.network`. Only the mixer differs from `mim_istd`, so that the two
show what the scan brings. Hence three departures from TNT:
- No feed-forward part follows the attention, since MiM-ISTD's block has none.
- The positions are added in each block, not once before the first, since words change dimension between stages.
- Heads have 4 numbers, not 6 as in TNT-S, since 6 divides no c.

As in TNT's code, only the last projection has a bias.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned


def build() -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""
    from istdbench.methods.mamba.mim.network import with_inner_mixer
    from istdbench.methods.mamba.mixers.attention import AttentionMixer

    return with_inner_mixer(lambda place: AttentionMixer(place.word_dim, place.words))


ATTENTION_INNER = Learned(
    name="attention_inner",
    summary="MiM-ISTD with self-attention over the words of a sentence in place of the inner Mamba",
    paper="Han et al., Transformer in Transformer (TNT), 2021, arXiv 2103.00112",
    build=build,
    in_channels=3,
)
