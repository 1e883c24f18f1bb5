"""MiM-ISTD with attention in place of the inner Mamba, as Transformer in Transformer has it (Han et al. 2021).

| symbol | meaning | where |
|---|---|---|
| Q, K, V | queries, keys and values of the words of one sentence | TNT (arXiv 2103.00112), section 2.1 |
| head | a part of a word that attends by itself, here 4 numbers | TNT, section 2.1 |
| position | what is added to a word for its place in the sentence, the same in all sentences | TNT, section 2.2 |

Other symbols and layouts: `istdbench.methods.mim`. Only the mixer differs from `mim_istd`, so that the two show
what the scan brings. Hence three departures from TNT: no feed-forward part follows the attention, since MiM-ISTD's
block has none; the positions are added in each block, not once before the first, since words change dimension between
stages; and heads have 4 numbers, not 6 as in TNT-S, which divide no c. As in TNT's code, only the last projection has a
bias.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.mim.blocks import Block, InnerPath, OuterPath
from istdbench.methods.mim.network import PAPER, Place, build_network
from istdbench.methods.mim.ss2d import SS2D
from istdbench.methods.spec import Method

HEAD_DIM = 4


class AttentionMixer(nn.Module):
    """Multi-head self-attention over the words of each sentence, their positions added."""

    def __init__(self, dim: int, words: int) -> None:
        """
        Args:
            dim: c, a multiple of HEAD_DIM.
            words: along each side of a sentence.
        """
        super().__init__()
        self.position = nn.Parameter(torch.empty(words, words, dim))
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)
        nn.init.trunc_normal_(self.position, std=0.02)

    def forward(self, words: Tensor) -> Tensor:
        """Words (B, 4, 4, dim) to the same shape."""
        tokens = self.qkv(words + self.position).flatten(1, 2)
        q, k, v = tokens.unflatten(-1, (3, -1, HEAD_DIM)).permute(2, 0, 3, 1, 4)  # each B, heads, 16, HEAD_DIM
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(words.shape))


def build() -> nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""

    def block(place: Place) -> Block:
        c, C = place.word_dim, place.sentence_dim
        return Block(
            inner=InnerPath(AttentionMixer(c, place.words), c, C) if place.is_first else None,
            outer=OuterPath(SS2D(C), C),
        )

    return build_network(PAPER, block)


ATTENTION_INNER = Method(
    name="attention_inner",
    kind="learned",
    summary="MiM-ISTD with self-attention over the words of a sentence in place of the inner Mamba",
    paper="Han et al., Transformer in Transformer (TNT), 2021, arXiv 2103.00112",
    build=build,
    in_channels=3,
)
