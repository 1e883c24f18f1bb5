"""The paper's ablation #2 (Table 3): MiM-ISTD with a convolution in place of the inner Mamba.

Glossary and layouts: `istdbench.methods.mim`. The paper says "convolution, batch norm and activation" and no more. Ours
is 3 x 3 over the 4 x 4 words of a sentence, so that it sees what the inner Mamba sees, with the stem's ReLU.
"""

from __future__ import annotations

from torch import Tensor, nn

from istdbench.methods.layers import conv_bn_relu
from istdbench.methods.mim.blocks import Block, InnerPath, OuterPath
from istdbench.methods.mim.network import PAPER, Place, build_network
from istdbench.methods.mim.ss2d import SS2D
from istdbench.methods.spec import Method


class ConvMixer(nn.Module):
    """3 x 3 convolution, batch norm and ReLU within each sentence."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = conv_bn_relu(dim, dim)

    def forward(self, words: Tensor) -> Tensor:
        """Words (B, 4, 4, dim) to the same shape."""
        return self.layers(words.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def build() -> nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""

    def block(place: Place) -> Block:
        c, C = place.word_dim, place.sentence_dim
        return Block(
            inner=InnerPath(ConvMixer(c), c, C) if place.is_first else None,
            outer=OuterPath(SS2D(C), C),
        )

    return build_network(PAPER, block)


CONV_INNER = Method(
    name="conv_inner",
    kind="learned",
    summary="MiM-ISTD with convolution, batch norm and ReLU in place of the inner Mamba",
    paper="Chen et al., MiM-ISTD, 2024, arXiv 2403.02148, Table 3, #2",
    build=build,
    in_channels=3,
)
