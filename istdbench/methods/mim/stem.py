"""The stem: 3 x 3 convolutions that turn an image into words of 2 x 2 pixels and sentences of 8 x 8 pixels."""

from __future__ import annotations

from torch import Tensor, nn

from istdbench.methods.layers import conv_bn_relu

WORDS = 4  # words along each side of a sentence


class Stem(nn.Module):
    """Image to the first words and sentences. Without a word dimension there is no word branch at all."""

    def __init__(self, in_channels: int, sentence_dim: int, word_dim: int, *, with_words: bool) -> None:
        """
        Args:
            in_channels: channels of the image.
            sentence_dim: C of the first stage.
            word_dim: c of the first stage; it sets the widths of the shared layers too.
            with_words: whether any block reads the words.
        """
        super().__init__()
        self.common = nn.Sequential(*conv_bn_relu(in_channels, 2 * word_dim, stride=2))
        self.words = nn.Sequential(*conv_bn_relu(2 * word_dim, word_dim)) if with_words else None
        self.sentences = nn.Sequential(
            *conv_bn_relu(2 * word_dim, 4 * word_dim, stride=2),
            *conv_bn_relu(4 * word_dim, 8 * word_dim, stride=2),
            *conv_bn_relu(8 * word_dim, sentence_dim),
        )

    def forward(self, image: Tensor) -> tuple[Tensor | None, Tensor]:
        """Image (B, in_channels, 8 H, 8 W) to words (B, H, W, 4, 4, c), or None, and sentences (B, H, W, C)."""
        x = self.common(image)
        sentences = self.sentences(x).permute(0, 2, 3, 1).contiguous()
        words = split_words(self.words(x).permute(0, 2, 3, 1)) if self.words is not None else None
        return words, sentences


def split_words(word_map: Tensor) -> Tensor:
    """Cut a map of words (B, 4 H, 4 W, c) into sentences: (B, H, W, 4, 4, c), contiguous."""
    x = word_map.unflatten(2, (-1, WORDS)).unflatten(1, (-1, WORDS))
    return x.transpose(2, 3).contiguous()
