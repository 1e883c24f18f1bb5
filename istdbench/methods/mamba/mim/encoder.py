"""MiM-ISTD's encoder: a stem, then four stages of blocks with a merging between two; every stage gives a feature map.

The symbols are those of `network`. At the end of the file: how fine words and sentences are (`Grain`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from istdbench.methods.mamba.mim.block import Block
from istdbench.methods.parts.layers import conv_bn_relu
from istdbench.ops.layer_norm import LayerNorm

IN_CHANNELS = 3


class Encoder(nn.Module):
    """Image to one feature map a stage, whose strides are half a sentence: 4, 8, 16 and 32 pixels in the paper."""

    def __init__(
        self, blocks: Sequence[Sequence[Block]], sentence_dims: Sequence[int], word_dims: Sequence[int], grain: Grain
    ) -> None:
        """
        Args:
            blocks: those of each of the four stages. If none of them reads words, the encoder has none.
            sentence_dims: C of each stage.
            word_dims: c of each stage.
            grain: how many pixels make a word and a sentence at the stem.
        """
        super().__init__()
        with_words = any(block.inner is not None for stage in blocks for block in stage)
        self.stem = Stem(IN_CHANNELS, sentence_dims[0], word_dims[0], with_words=with_words, grain=grain)
        self.stages = nn.ModuleList(Stage(*stage) for stage in zip(blocks, sentence_dims, strict=True))
        self.merges = nn.ModuleList(
            Merging(sentences=SentenceMerging(*sizes), words=WordMerging(*word_sizes) if with_words else None)
            for sizes, word_sizes in zip(pairwise(sentence_dims), pairwise(word_dims), strict=True)
        )
        # Never read, and not trained. The released network has it, its weights hold it, and the published number of
        # parameters includes it.
        self.norm = LayerNorm(sentence_dims[-1]).requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image to a map (B, C, 2 H, 2 W) a stage, with the stage's C, H and W, finest first.

        The image is (B, 3, s H, s W) with H and W of the first stage, multiples of 8, so that three mergings can halve
        them.
        """
        words, sentences = self.stem(image)
        features: list[Tensor] = []
        for index, stage in enumerate(self.stages):
            if index > 0:
                words, sentences = self.merges[index - 1](words, sentences)
            words, sentences, feature = stage(words, sentences)
            features.append(feature)
        return features


class Stage(nn.Module):
    """The blocks between two mergings, and the up-sampling of the sentences that they give."""

    def __init__(self, blocks: Sequence[Block], dim: int) -> None:
        """
        Args:
            blocks: in order.
            dim: C.
        """
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.upsampling = nn.Sequential(
            nn.ConvTranspose2d(dim, dim, 2, stride=2),
            nn.BatchNorm2d(dim),
            nn.GELU(),
            nn.Conv2d(dim, dim, 3, padding=1),
            nn.BatchNorm2d(dim),
            nn.GELU(),
        )

    def forward(self, words: Tensor | None, sentences: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Words and sentences (B, H, W, C) to the same shapes, and the stage's feature map (B, C, 2 H, 2 W)."""
        for block in self.blocks:
            words, sentences = block(words, sentences)
        return words, sentences, self.upsampling(sentences.permute(0, 3, 1, 2))


class Stem(nn.Module):
    """3 x 3 convolutions that turn an image into the first words and sentences, which in the paper begin at zero."""

    def __init__(self, in_channels: int, sentence_dim: int, word_dim: int, *, with_words: bool, grain: Grain) -> None:
        """
        Args:
            in_channels: channels of the image.
            sentence_dim: C of the first stage.
            word_dim: c of the first stage; the widths of all convolutions are multiples of it.
            with_words: whether any block reads the words. If none does, there is no convolution for them.
            grain: how many pixels make a word and a sentence.
        """
        super().__init__()
        self.grain = grain
        common, of_words, (first, second, third) = grain.strides
        self.common = conv_bn_relu(in_channels, 2 * word_dim, stride=common)
        self.words = conv_bn_relu(2 * word_dim, word_dim, stride=of_words) if with_words else None
        self.sentences = nn.Sequential(
            *conv_bn_relu(2 * word_dim, 4 * word_dim, stride=first),
            *conv_bn_relu(4 * word_dim, 8 * word_dim, stride=second),
            *conv_bn_relu(8 * word_dim, sentence_dim, stride=third),
        )

    def forward(self, image: Tensor) -> tuple[Tensor | None, Tensor]:
        """Image (B, in_channels, s H, s W) to words (B, H, W, w, w, c) (Eq. 6), or None, and sentences (B, H, W, C)."""
        x = self.common(image)
        sentences = self.sentences(x).permute(0, 2, 3, 1).contiguous()
        if self.words is None:
            return None, sentences
        return split_words(self.words(x).permute(0, 2, 3, 1), self.grain.words), sentences


def split_words(word_map: Tensor, words: int) -> Tensor:
    """Cut a map of words into sentences (Eq. 5).

    Args:
        word_map: (B, w H, w W, c).
        words: w.

    Returns:
        (B, H, W, w, w, c), contiguous.
    """
    x = word_map.unflatten(2, (-1, words)).unflatten(1, (-1, words))
    return x.transpose(2, 3).contiguous()


class Merging(nn.Module):
    """Between two stages, four neighbouring sentences become one, and their 2 w x 2 w words become w x w."""

    def __init__(self, *, sentences: nn.Module, words: nn.Module | None) -> None:
        """
        Args:
            sentences: (B, 2 H, 2 W, C) to (B, H, W, C').
            words: (B, 2 H, 2 W, w, w, c) to (B, H, W, w, w, c'), or None if there are no words.
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
        self.norm = LayerNorm(4 * dim)
        self.reduction = nn.Linear(4 * dim, out_dim, bias=False)

    def forward(self, sentences: Tensor) -> Tensor:
        """Sentences (B, 2 H, 2 W, dim) to (B, H, W, out_dim)."""
        x = sentences.unflatten(2, (-1, 2)).unflatten(1, (-1, 2))  # B, H, row, W, column, dim
        x = x.permute(0, 1, 3, 4, 2, 5).flatten(3)  # columns before rows, as in Swin
        return self.reduction(self.norm(x))


class WordMerging(nn.Module):
    """Normalised words of four neighbouring sentences, halved by a 3 x 3 convolution with stride 2.

    The convolution sees one merged sentence at a time: its zero padding begins at the sentence's border.
    """

    def __init__(self, dim: int, out_dim: int) -> None:
        super().__init__()
        self.norm = LayerNorm(dim)
        self.conv = nn.Conv2d(dim, out_dim, 3, stride=2, padding=1)

    def forward(self, words: Tensor) -> Tensor:
        """Words (B, 2 H, 2 W, w, w, dim) to (B, H, W, w, w, out_dim)."""
        x = self.norm(words).unflatten(2, (-1, 2)).unflatten(1, (-1, 2))  # B, H, row, W, column, w, w, dim
        batch, height, _, width, _, side, *_ = x.shape
        x = x.permute(0, 1, 3, 2, 5, 4, 6, 7).reshape(-1, 2 * side, 2 * side, x.shape[-1])
        x = self.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return x.reshape(batch, height, width, side, side, -1)


@dataclass(frozen=True)
class Grain:
    """Sides of a word and of a sentence at the stem, and the strides of its convolutions that make them so.

    The paper names the sizes (Table 4), not the layers that give them. Here every grain has the same five convolutions,
    of the same shapes, and only their strides differ: no pixel is skipped, and no stem can learn more than another.

    | word | sentence | stride of common | of words | of sentences | words in a sentence |
    |---|---|---|---|---|---|
    | 2 | 8 | 2 | 1 | 2, 2, 1 | 4 x 4 (the paper's) |
    | 1 | 8 | 1 | 1 | 2, 2, 2 | 8 x 8 |
    | 4 | 8 | 2 | 2 | 2, 2, 1 | 2 x 2 |
    | 2 | 4 | 2 | 1 | 2, 1, 1 | 2 x 2 |
    | 2 | 16 | 2 | 1 | 2, 2, 2 | 8 x 8 |

    Any other pair follows the same rule; but words of 1 pixel in sentences of 16 need a last stride of 4, which skips
    pixels at the right and lower border.

    Attributes:
        word: pixels, 1, 2 or 4.
        sentence: pixels, 4, 8 or 16.
    """

    word: int
    sentence: int

    @property
    def words(self) -> int:
        """w, the words along each side of a sentence."""
        return self.sentence // self.word

    @property
    def strides(self) -> tuple[int, int, tuple[int, int, int]]:
        """Of the convolution that words and sentences share, of the words' own, and of the sentences' three.

        Those of the sentences are twos as far as they are needed; the last makes up the rest.
        """
        common = min(self.word, 2)
        whole = self.sentence // common
        second = min(whole // 2, 2)
        return common, self.word // common, (2, second, whole // (2 * second))
