"""How fine words and sentences are: the paper's grain, and the four others of its Table 4."""

from __future__ import annotations

from dataclasses import dataclass

from istdbench.errors import UsageError


@dataclass(frozen=True)
class Grain:
    """Sides of a word and of a sentence in the first stage, and the strides of the stem that make them so.

    The paper names sizes and no layers. Here every grain has the same five convolutions, of the same shapes, and only
    their strides move: no pixel is skipped, and what differs between two grains is not what their stems can learn.

    | word | sentence | stride of common | of words | of sentences | words in a sentence |
    |---|---|---|---|---|---|
    | 2 | 8 | 2 | 1 | 2, 2, 1 | 4 x 4 (the paper's) |
    | 1 | 8 | 1 | 1 | 2, 2, 2 | 8 x 8 |
    | 4 | 8 | 2 | 2 | 2, 2, 1 | 2 x 2 |
    | 2 | 4 | 2 | 1 | 2, 1, 1 | 2 x 2 |
    | 2 | 16 | 2 | 1 | 2, 2, 2 | 8 x 8 |

    Attributes:
        word: pixels, 1, 2 or 4.
        sentence: pixels, 4, 8 or 16.
    """

    word: int = 2
    sentence: int = 8

    def __post_init__(self) -> None:
        if self.words not in (2, 4, 8):
            raise UsageError(
                f"word={self.word} with sentence={self.sentence} makes {self.words} x {self.words} words a sentence; "
                "the stem makes 2 x 2, 4 x 4 or 8 x 8, so move the two together"
            )

    @property
    def words(self) -> int:
        """Words along each side of a sentence, in every stage."""
        return self.sentence // self.word

    @property
    def common_stride(self) -> int:
        """Stride of the convolution that words and sentences share."""
        return min(self.word, 2)

    @property
    def word_stride(self) -> int:
        """Stride of the words' own convolution."""
        return self.word // self.common_stride

    @property
    def sentence_strides(self) -> tuple[int, ...]:
        """Strides of the sentences' three convolutions: twos first, as many as needed."""
        return tuple(2 if self.common_stride * 2**step <= self.sentence else 1 for step in (1, 2, 3))


PAPER_GRAIN = Grain()
