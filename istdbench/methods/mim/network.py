"""The whole network: encoder and decoder for images of any size, and their composition from a plan and a block."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.layers import pad_to_multiple, residual_stage
from istdbench.methods.mim.blocks import Block
from istdbench.methods.mim.decoder import Decoder, PatchExpanding, fcn_head_with_prior
from istdbench.methods.mim.encoder import Encoder, Stage, upsampling
from istdbench.methods.mim.grain import PAPER_GRAIN, Grain
from istdbench.methods.mim.merging import Merging, SentenceMerging, WordMerging
from istdbench.methods.mim.stem import Stem

IN_CHANNELS = 3


@dataclass(frozen=True)
class Plan:
    """Sizes of the four stages.

    Attributes:
        depths: blocks in each stage.
        sentence_dims: C of each stage.
        word_dims: c of each stage.
        grain: sizes of words and sentences in the first stage, doubled by each merging.
    """

    depths: tuple[int, ...]
    sentence_dims: tuple[int, ...]
    word_dims: tuple[int, ...] = (4, 8, 16, 32)
    grain: Grain = PAPER_GRAIN

    @property
    def stride(self) -> int:
        """Side in pixels of the last stage's sentences."""
        return self.grain.sentence * 2 ** (len(self.depths) - 1)


PAPER = Plan(depths=(2, 4, 9, 2), sentence_dims=(16, 32, 64, 128))


@dataclass(frozen=True)
class Place:
    """Where a block stands: `index` in a stage of `depth` blocks, with sentences and words of these dimensions.

    `words` of them stand along each side of a sentence.
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

    def __init__(self, *, encoder: nn.Module, decoder: nn.Module, stride: int) -> None:
        """
        Args:
            encoder: image with sides that are multiples of `stride` to feature maps, finest first.
            decoder: feature maps to logits (B, 1, H', W') of the finest map's size, in the paper H / 4 and W / 4.
            stride: of the encoder's last stage in pixels, in the paper 64.
        """
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.stride = stride

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W), normalised, to logits (B, 1, H, W).

        Below and to the right of the image, zeros (the mean of normalised images) fill up to a multiple of `stride`.
        """
        image = image.contiguous(memory_format=torch.channels_last)  # so that all maps are, as the tokens
        padded, crop = pad_to_multiple(image, self.stride)
        logits = self.decoder(self.encoder(padded))
        return crop(F.interpolate(logits, size=padded.shape[-2:], mode="bilinear"))


def build_network(plan: Plan, block: Callable[[Place], Block]) -> MiM:
    """The network of a plan, with what `block` builds at each place, called from the first block to the last.

    Words exist only if some block reads them.
    """
    dims, word_dims = plan.sentence_dims, plan.word_dims
    blocks = [
        [block(Place(index, depth, dim, word_dim, plan.grain.words)) for index in range(depth)]
        for depth, dim, word_dim in zip(plan.depths, dims, word_dims, strict=True)
    ]
    with_words = any(one.inner is not None for stage in blocks for one in stage)
    encoder = Encoder(
        stem=Stem(IN_CHANNELS, dims[0], word_dims[0], with_words=with_words, grain=plan.grain),
        stages=[Stage(stage, upsampling(dim)) for stage, dim in zip(blocks, dims, strict=True)],
        merges=[
            Merging(sentences=SentenceMerging(*sizes), words=WordMerging(*word_sizes) if with_words else None)
            for sizes, word_sizes in zip(pairwise(dims), pairwise(word_dims), strict=True)
        ],
        norm=nn.LayerNorm(dims[-1]),
    )
    decoder = Decoder(
        expandings=[PatchExpanding(dim) for dim in reversed(dims[1:])],
        residuals=[residual_stage(dim, dim, blocks=2) for dim in reversed(dims[:-1])],
        head=fcn_head_with_prior(dims[0]),
    )
    encoder.apply(_initialise)
    return MiM(encoder=encoder, decoder=decoder, stride=plan.stride)


def _initialise(module: nn.Module) -> None:
    """As the released code does for its encoder: He initialisation by fan-out, normal of 0.02 for projections.

    Its decoder and its transposed convolutions keep PyTorch's own initialisation; so do ours, but for the head's bias.
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
