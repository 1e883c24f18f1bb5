"""The Mamba-in-Mamba block (Eqs. 6-10): an inner path over the words of each sentence, an outer path over sentences.

Both paths are given the module that mixes their maps, so that a network is chosen by what it puts here.
"""

from __future__ import annotations

from torch import Tensor, nn

from istdbench.methods.mim.grain import PAPER_GRAIN


class InnerPath(nn.Module):
    """Mix the words within each sentence, then add their summary to the sentence.

    words = words + mixer(norm(words)); sentence = sentence + norm(project(norm(words))).
    The released code normalises words by sentence (over all 16 c numbers) and the summary twice; so do we.
    """

    def __init__(
        self,
        mixer: nn.Module,
        word_dim: int,
        sentence_dim: int,
        feed_forward: nn.Module | None = None,
        *,
        words: int = PAPER_GRAIN.words,
    ) -> None:
        """
        Args:
            mixer: maps (B, 4, 4, word_dim) to the same shape.
            word_dim: c.
            sentence_dim: C.
            feed_forward: maps words (B, H, W, 4, 4, word_dim) to the same shape; the paper has none.
            words: along each side of a sentence.
        """
        super().__init__()
        numbers = words * words * word_dim
        self.norm = nn.LayerNorm(numbers)
        self.mixer = mixer
        self.feed_forward_norm = nn.LayerNorm(numbers) if feed_forward is not None else None
        self.feed_forward = feed_forward
        self.summary_norm = nn.LayerNorm(numbers)
        self.summary = nn.Linear(numbers, sentence_dim, bias=False)
        self.sentence_norm = nn.LayerNorm(sentence_dim)

    def forward(self, words: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor]:
        """Words (B, H, W, 4, 4, c) and sentences (B, H, W, C) to the same shapes."""
        normed = self.norm(words.flatten(3)).view(words.shape)
        words = words + self.mixer(normed.flatten(0, 2)).reshape(words.shape)
        if self.feed_forward is not None and self.feed_forward_norm is not None:
            words = words + self.feed_forward(self.feed_forward_norm(words.flatten(3)).view(words.shape))
        summary = self.summary(self.summary_norm(words.flatten(3)))
        return words, sentences + self.sentence_norm(summary)


class OuterPath(nn.Module):
    """Mix the sentences of the image: sentences + mixer(norm(sentences)). With SS2D this is VMamba's VSS block."""

    def __init__(self, mixer: nn.Module, dim: int, feed_forward: nn.Module | None = None) -> None:
        """
        Args:
            mixer: maps (B, H, W, dim) to the same shape.
            dim: C.
            feed_forward: maps (B, H, W, 1, 1, dim), sentences of one word, to the same shape; the paper has none.
        """
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.mixer = mixer
        self.feed_forward_norm = nn.LayerNorm(dim) if feed_forward is not None else None
        self.feed_forward = feed_forward

    def forward(self, sentences: Tensor) -> Tensor:
        """Sentences (B, H, W, C) to the same shape."""
        sentences = sentences + self.mixer(self.norm(sentences))
        if self.feed_forward is not None and self.feed_forward_norm is not None:
            cells = self.feed_forward_norm(sentences)[:, :, :, None, None]
            sentences = sentences + self.feed_forward(cells)[:, :, :, 0, 0]
        return sentences


class Block(nn.Module):
    """One step of Eq. 10: words and sentences in, words and sentences out."""

    def __init__(self, outer: OuterPath, inner: InnerPath | None = None) -> None:
        super().__init__()
        self.inner = inner
        self.outer = outer

    def forward(self, words: Tensor | None, sentences: Tensor) -> tuple[Tensor | None, Tensor]:
        """Words (B, H, W, 4, 4, c), or None where no block reads them, and sentences (B, H, W, C)."""
        if self.inner is not None:
            words, sentences = self.inner(words, sentences)
        return words, self.outer(sentences)
