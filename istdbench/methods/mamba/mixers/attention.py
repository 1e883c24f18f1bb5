"""Self-attention in place of the inner Mamba, after Transformer in Transformer (TNT, Han et al. 2021).

| symbol | meaning | where |
|---|---|---|
| q, k, v | queries, keys and values of the words of one sentence | TNT (arXiv 2103.00112), section 2.1 |
| head | a part of a word that attends by itself, here HEAD_DIM numbers | TNT, section 2.1 |
| position | what is added to a word for its place in the sentence, the same in all sentences | TNT, section 2.2 |
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

HEAD_DIM = 4


class AttentionMixer(nn.Module):
    """Multi-head self-attention over the words of each sentence, their positions added."""

    def __init__(self, dim: int, words: int) -> None:
        """
        Args:
            dim: c, a multiple of HEAD_DIM.
            words: w, along each side of a sentence.
        """
        super().__init__()
        self.position = nn.Parameter(torch.empty(words, words, dim))
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)
        nn.init.trunc_normal_(self.position, std=0.02)

    def forward(self, words: Tensor) -> Tensor:
        """Words of each sentence (B, w, w, dim) to the same shape."""
        tokens = self.qkv(words + self.position).flatten(1, 2)
        q, k, v = tokens.unflatten(-1, (3, -1, HEAD_DIM)).permute(2, 0, 3, 1, 4)  # each B, heads, w w, HEAD_DIM
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.proj(mixed.transpose(1, 2).reshape(words.shape))
