"""The paper's ablation #2 (Table 3): MiM-ISTD with a convolution in place of the inner Mamba.

Glossary and layouts: `istdbench.methods.mamba.mim.network`. The paper says "convolution, batch norm and activation" and
no more. Ours is 3 x 3 over the words of a sentence, so that it sees what the inner Mamba sees, with the stem's ReLU.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned


def build() -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""
    from istdbench.methods.mamba.mim.network import with_inner_mixer
    from istdbench.methods.mamba.mixers.convolution import ConvMixer

    return with_inner_mixer(lambda place: ConvMixer(place.word_dim))


CONV_INNER = Learned(
    name="conv_inner",
    summary="MiM-ISTD with convolution, batch norm and ReLU in place of the inner Mamba",
    paper="Chen et al., MiM-ISTD, 2024, arXiv 2403.02148, Table 3, #2",
    build=build,
    in_channels=3,
)
