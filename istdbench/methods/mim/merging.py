"""Patch merging between stages: four neighbouring sentences become one, and their 8 x 8 words become 4 x 4."""

from __future__ import annotations

from torch import Tensor, nn


class Merging(nn.Module):
    """The merging of sentences and, where there are words, of words."""

    def __init__(self, *, sentences: nn.Module, words: nn.Module | None) -> None:
        """
        Args:
            sentences: (B, 2 H, 2 W, C) to (B, H, W, C').
            words: (B, 2 H, 2 W, 4, 4, c) to (B, H, W, 4, 4, c').
        """
        super().__init__()
        self.sentences = sentences
        self.words = words

    def forward(self, words: Tensor | None, sentences: Tensor) -> tuple[Tensor | None, Tensor]:
        """Words, or None, and sentences of one stage to those of the next."""
        return self.words(words) if self.words is not None else None, self.sentences(sentences)


class SentenceMerging(nn.Module):
    """Four neighbours side by side, normalised and projected (Swin, arXiv 2103.14030, section 3.1)."""

    def __init__(self, dim: int, out_dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, out_dim, bias=False)

    def forward(self, sentences: Tensor) -> Tensor:
        """Sentences (B, 2 H, 2 W, dim) to (B, H, W, out_dim)."""
        x = sentences.unflatten(2, (-1, 2)).unflatten(1, (-1, 2))  # B, H, row, W, column, C
        x = x.permute(0, 1, 3, 4, 2, 5).flatten(3)  # columns before rows, as in Swin
        return self.reduction(self.norm(x))


class WordMerging(nn.Module):
    """Normalised words of four neighbouring sentences, halved by a 3 x 3 convolution with stride 2.

    The convolution sees one merged sentence at a time: its zero padding begins at the sentence's border.
    """

    def __init__(self, dim: int, out_dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.conv = nn.Conv2d(dim, out_dim, 3, stride=2, padding=1)

    def forward(self, words: Tensor) -> Tensor:
        """Words (B, 2 H, 2 W, 4, 4, dim) to (B, H, W, 4, 4, out_dim)."""
        x = self.norm(words).unflatten(2, (-1, 2)).unflatten(1, (-1, 2))  # B, H, row, W, column, 4, 4, dim
        batch, height, _, width, _, side, *_ = x.shape
        x = x.permute(0, 1, 3, 2, 5, 4, 6, 7).reshape(-1, 2 * side, 2 * side, x.shape[-1])
        x = self.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return x.reshape(batch, height, width, side, side, -1)
