"""The encoder: stem, then four stages of blocks with merging between them; every stage gives one feature map."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from istdbench.methods.mim.blocks import Block


class Stage(nn.Module):
    """The blocks between two mergings (Eq. 10), and the up-sampling of what they give."""

    def __init__(self, blocks: Sequence[Block], upsampling: nn.Module) -> None:
        """
        Args:
            blocks: in order.
            upsampling: (B, C, H, W) to (B, C, 2 H, 2 W).
        """
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.upsampling = upsampling

    def forward(self, words: Tensor | None, sentences: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Words and sentences (B, H, W, C) to the same shapes, and the stage's feature map (B, C, 2 H, 2 W)."""
        for block in self.blocks:
            words, sentences = block(words, sentences)
        return words, sentences, self.upsampling(sentences.permute(0, 3, 1, 2))


class Encoder(nn.Module):
    """Image to one map a stage, at strides 4, 8, 16 and 32 of the image."""

    def __init__(
        self, *, stem: nn.Module, stages: Sequence[Stage], merges: Sequence[nn.Module], norm: nn.LayerNorm
    ) -> None:
        """
        Args:
            stem: image (B, 3, 8 H, 8 W) to words, or None, and sentences (B, H, W, C).
            stages: four of them.
            merges: between stages, words and sentences (B, 2 H, 2 W, ...) to (B, H, W, ...).
            norm: never read, and not trained. The released network carries it, its weights hold it, and the published
                parameter count is with it.
        """
        super().__init__()
        self.stem = stem
        self.stages = nn.ModuleList(stages)
        self.merges = nn.ModuleList(merges)
        self.norm = norm.requires_grad_(False)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image (B, 3, H, W), H and W multiples of 64, to maps (B, C_i, H / 2^(i + 2), W / 2^(i + 2)), finest first."""
        words, sentences = self.stem(image)
        features: list[Tensor] = []
        for index, stage in enumerate(self.stages):
            if index > 0:
                words, sentences = self.merges[index - 1](words, sentences)
            words, sentences, feature = stage(words, sentences)
            features.append(feature)
        return features


def upsampling(dim: int) -> nn.Sequential:
    """The up-sampling module of a stage: transposed convolution 2 x 2, BN, GELU, convolution 3 x 3, BN, GELU."""
    return nn.Sequential(
        nn.ConvTranspose2d(dim, dim, 2, stride=2),
        nn.BatchNorm2d(dim),
        nn.GELU(),
        nn.Conv2d(dim, dim, 3, padding=1),
        nn.BatchNorm2d(dim),
        nn.GELU(),
    )
