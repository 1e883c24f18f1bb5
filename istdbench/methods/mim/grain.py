"""How fine words and sentences are: the paper's grain, and the four others of its Table 4."""

from __future__ import annotations

from dataclasses import dataclass


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

    Any other pair goes by the same rule. Words of 1 pixel in sentences of 16 need a last stride of 4, which alone
    misses pixels, at the right and lower border.

    Attributes:
        word: pixels, 1, 2 or 4.
        sentence: pixels, 4, 8 or 16.
    """

    word: int = 2
    sentence: int = 8

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
    def sentence_strides(self) -> tuple[int, int, int]:
        """Strides of the sentences' three convolutions: twos as far as they are needed, the last makes up the rest."""
        whole = self.sentence // self.common_stride
        second = min(whole // 2, 2)
        return 2, second, whole // (2 * second)


PAPER_GRAIN = Grain()
