"""MiM-ISTD, Mamba-in-Mamba (Chen et al. 2024, arXiv 2403.02148): the whole network, from an image to its logits.

    image (B, 3, s H, s W)
      | stem                                          encoder.py
    words (B, H, W, w, w, c) and sentences (B, H, W, C)
      | four stages of blocks                         block.py
      |   after each, up-sampling gives a feature map (B, C, 2 H, 2 W)
      |   between two, merging halves H and W         encoder.py
    four feature maps
      | patch expanding, residual blocks, FCN head    decoder.py
    logits (B, 1, s H, s W)

| symbol | meaning | where |
|---|---|---|
| B | images in a batch | - |
| H, W | height and width of the grid of sentences in the stage at hand | - |
| s | side of a visual sentence in pixels at the stem, 8 in the paper; each merging doubles it | Table 4 |
| visual word | one of the w x w parts of a sentence, 2 x 2 pixels at the stem in the paper | Eq. 5 |
| w | words along each side of a sentence, 4 in the paper, the same in every stage | Eq. 5 |
| grain | the sizes of words and sentences at the stem | Table 4 |
| word embedding | the vector of c numbers that stands for a word | Eq. 6 |
| inner Mamba | SS2D over the words of one sentence | Eq. 7 |
| C | numbers in the vector that stands for a sentence | Eq. 8 |
| summary | the words of a sentence, flattened and projected to C numbers, which are added to the sentence | Eq. 8 |
| outer Mamba | SS2D over all sentences of the image | Eq. 9 |
| block | inner and outer Mamba, one after the other; a stage has several, which pass on words and sentences | Eq. 10 |

Layouts: sentences are channel-last maps (B, H, W, C). Words are (B, H, W, w, w, c), so that the words of a sentence lie
side by side in memory, and `flatten(0, 2)` gives the batch of w x w maps that the inner Mamba reads.

The paper does not state the dimensions c and C. They and the places of the inner Mamba are read from the released code
(txchen-USTC/MiM-ISTD, commit 3a82032), of which thop counts the parameters and FLOPs of the paper's Table 2, to 2 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from istdbench.methods.mamba.mim.block import SS2D, Block, InnerPath, OuterPath
from istdbench.methods.mamba.mim.decoder import Decoder
from istdbench.methods.mamba.mim.encoder import Encoder, Grain
from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import pad_to_multiple


@dataclass(frozen=True)
class Plan:
    """Sizes of the four stages.

    Attributes:
        depths: blocks in each stage.
        sentence_dims: C of each stage.
        word_dims: c of each stage.
        grain: sizes of words and sentences at the stem.
    """

    depths: tuple[int, ...]
    sentence_dims: tuple[int, ...]
    word_dims: tuple[int, ...]
    grain: Grain


PAPER = Plan(
    depths=(2, 4, 9, 2), sentence_dims=(16, 32, 64, 128), word_dims=(4, 8, 16, 32), grain=Grain(word=2, sentence=8)
)


@dataclass(frozen=True)
class Place:
    """Where a block stands.

    Attributes:
        index: of the block in its stage, from 0.
        depth: blocks in that stage.
        sentence_dim: C of that stage.
        word_dim: c of that stage.
        words: w.
    """

    index: int
    depth: int
    sentence_dim: int
    word_dim: int
    words: int

    @property
    def is_first(self) -> bool:
        """Whether the released network has an inner path here: in block 0, and in block 1 of a stage deeper than 6."""
        return self.index == 0 or (self.index == 1 and self.depth > 6)


class MiM(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self, plan: Plan, block: Callable[[Place], Block]) -> None:
        """
        Args:
            plan: sizes of the stages.
            block: builds the block for a place. It is called once for each, from the first block to the last.
        """
        super().__init__()
        blocks = [
            [block(Place(index, depth, dim, word_dim, plan.grain.words)) for index in range(depth)]
            for depth, dim, word_dim in zip(plan.depths, plan.sentence_dims, plan.word_dims, strict=True)
        ]
        self.encoder = Encoder(blocks, plan.sentence_dims, plan.word_dims, plan.grain)
        self.decoder = Decoder(plan.sentence_dims)
        self.stride = plan.grain.sentence * 2 ** (len(plan.depths) - 1)  # side of the last stage's sentences in pixels
        self.encoder.apply(_initialise)

    def forward(self, image: Tensor) -> Tensor:
        """Normalised images (B, 3, height, width) to logits (B, 1, height, width).

        Zeros, the mean of normalised images, fill each image up to a multiple of `stride`, below and to the right.
        """
        image = image.contiguous(memory_format=torch.channels_last)  # so that every map is, as sentences and words are
        padded, crop = pad_to_multiple(image, self.stride)
        logits = self.decoder(self.encoder(padded))
        return crop(bilinear(logits, padded.shape[-2:]))


def with_inner_mixer(mixer: Callable[[Place], nn.Module]) -> MiM:
    """The paper's network with another layer than the inner Mamba.

    Args:
        mixer: builds the layer for a place: from (B, w, w, c) to the same shape.
    """

    def block(place: Place) -> Block:
        c, C = place.word_dim, place.sentence_dim
        inner = InnerPath(mixer(place), c, C, words=place.words) if place.is_first else None
        return Block(inner=inner, outer=OuterPath(SS2D(C), C))

    return MiM(PAPER, block)


def without_words(mixer: Callable[[Place], nn.Module], feed_forward: Callable[[Place], nn.Module] | None = None) -> MiM:
    """The paper's network with outer paths alone; since nothing reads the words, they are not computed.

    Args:
        mixer: builds the layer of the outer path for a place: from (B, H, W, C) to the same shape.
        feed_forward: builds what follows it; see `OuterPath`.
    """

    def block(place: Place) -> Block:
        behind = None if feed_forward is None else feed_forward(place)
        return Block(outer=OuterPath(mixer(place), place.sentence_dim, behind))

    return MiM(PAPER, block)


def _initialise(module: nn.Module) -> None:
    """As the released code does for its encoder: He initialisation by fan-out, normal of 0.02 for projections.

    Its decoder and its transposed convolutions keep PyTorch's own initialisation. So do ours, except the head's bias.
    """
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv2d):
        fan_out = math.prod(module.kernel_size) * module.out_channels // module.groups
        nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
