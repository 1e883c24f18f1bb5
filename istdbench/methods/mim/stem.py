"""The stem: 3 x 3 convolutions that turn an image into words and sentences, in the paper of 2 x 2 and 8 x 8 pixels."""

from __future__ import annotations

from torch import Tensor, nn

from istdbench.methods.layers import conv_bn_relu
from istdbench.methods.mim.grain import PAPER_GRAIN, Grain


class Stem(nn.Module):
    """Image to the first words and sentences. Without a word dimension there is no word branch at all."""

    def __init__(
        self, in_channels: int, sentence_dim: int, word_dim: int, *, with_words: bool, grain: Grain = PAPER_GRAIN
    ) -> None:
        """
        Args:
            in_channels: channels of the image.
            sentence_dim: C of the first stage.
            word_dim: c of the first stage; it sets the widths of the shared layers too.
            with_words: whether any block reads the words.
            grain: how many pixels make a word and a sentence.
        """
        super().__init__()
        self.grain = grain
        first, second, third = grain.sentence_strides
        self.common = conv_bn_relu(in_channels, 2 * word_dim, stride=grain.common_stride)
        self.words = conv_bn_relu(2 * word_dim, word_dim, stride=grain.word_stride) if with_words else None
        self.sentences = nn.Sequential(
            *conv_bn_relu(2 * word_dim, 4 * word_dim, stride=first),
            *conv_bn_relu(4 * word_dim, 8 * word_dim, stride=second),
            *conv_bn_relu(8 * word_dim, sentence_dim, stride=third),
        )

    def forward(self, image: Tensor) -> tuple[Tensor | None, Tensor]:
        """Image (B, in_channels, 8 H, 8 W) to words (B, H, W, 4, 4, c), or None, and sentences (B, H, W, C)."""
        x = self.common(image)
        sentences = self.sentences(x).permute(0, 2, 3, 1).contiguous()
        if self.words is None:
            return None, sentences
        return split_words(self.words(x).permute(0, 2, 3, 1), self.grain.words), sentences


def split_words(word_map: Tensor, words: int = PAPER_GRAIN.words) -> Tensor:
    """Cut a map of words (B, 4 H, 4 W, c) into sentences of `words` x `words`: (B, H, W, 4, 4, c), contiguous."""
    x = word_map.unflatten(2, (-1, words)).unflatten(1, (-1, words))
    return x.transpose(2, 3).contiguous()
