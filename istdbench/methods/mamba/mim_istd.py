"""MiM-ISTD, Mamba-in-Mamba (Chen et al. 2024): an inner Mamba over words, an outer Mamba over sentences.

Glossary and layouts: `istdbench.methods.mamba.mim.network`. Paper and released code disagree in four places. Three are
options here:
- `inner`: Eq. 10 passes words through every layer, but the released code has an inner Mamba in 5 of 17 blocks. Only so
  are the paper's parameters and FLOPs reached, hence the default.
- `token_layout`: the equations mean tokens laid out in space, but the released code permutes tokens and channels.
- `variant`: the paper's network is the released code at commit 3a82032; its head (6b57de1) is another network.

The fourth is S_0, the sentences before the first block: zeros in the paper, so that they hold nothing but summaries of
their words (Eq. 8), and 3 x 3 convolutions of the image in the released code, at both of its commits. We follow the
code (`mim.encoder.Stem`): these convolutions are in its weights, and in the parameters and FLOPs that the paper states.

The other two options, `word` and `sentence`, are the paper's ablation of grain (Table 4); see `mim.encoder.Grain`.
"""

from __future__ import annotations

from dataclasses import replace

from istdbench.lazy import torch
from istdbench.methods.method import Learned, Option
from istdbench.methods.parts.renaming import Renaming

RELEASED_NAMES = (
    (r"^mim_backbone\.", "encoder."),
    (r"^encoder\.patch_embed\.common_conv\.", "encoder.stem.common."),
    (r"^encoder\.patch_embed\.inner_convs\.", "encoder.stem.words."),
    (r"^encoder\.patch_embed\.outer_convs\.", "encoder.stem.sentences."),
    (r"\.sentence_merges\.(\d)\.", r".merges.\1.sentences."),
    (r"\.word_merges\.(\d)\.", r".merges.\1.words."),
    (r"\.words\.conv\.0\.", ".words.conv."),
    (r"\.inner_norm1\.", ".inner.norm."),
    (r"\.inner_attn\.", ".inner.mixer."),
    (r"\.inner_norm2\.", ".inner.feed_forward_norm."),
    (r"\.inner_mlp\.", ".inner.feed_forward."),
    (r"\.proj_norm1\.", ".inner.summary_norm."),
    (r"\.proj\.", ".inner.summary."),
    (r"\.proj_norm2\.", ".inner.sentence_norm."),
    (r"\.outer_norm1\.", ".outer.norm."),
    (r"\.outer_attn\.", ".outer.mixer."),
    (r"\.outer_norm2\.", ".outer.feed_forward_norm."),
    (r"\.outer_mlp\.", ".outer.feed_forward."),
    (r"\.mixer\.conv2d\.", ".mixer.conv."),
    (r"\.x_proj_weight$", ".x_proj"),
    (r"\.dt_projs_weight$", ".dt_proj"),
    (r"\.dt_projs_bias$", ".dt_bias"),
    (r"\.A_logs$", ".A_log"),
    (r"\.Ds$", ".D"),
    (r"\.conv1x1_gelu_bn\.conv3x3_gelu_bn\.0\.", ".expand."),
    (r"\.conv1x1_gelu_bn\.conv3x3_gelu_bn\.2\.", ".expand_norm."),
    (r"\.conv3x3_dw\.conv\.", ".depthwise."),
    (r"\.act\.1\.", ".depthwise_norm."),
    (r"\.conv1x1_pw\.0\.", ".project."),
    (r"\.conv1x1_pw\.1\.", ".project_norm."),
    (r"\.up_blocks\.(\d)\.transposed_conv\.", r".stages.\1.upsampling.0."),
    (r"\.up_blocks\.(\d)\.batch_norm1\.", r".stages.\1.upsampling.1."),
    (r"\.up_blocks\.(\d)\.conv\.", r".stages.\1.upsampling.3."),
    (r"\.up_blocks\.(\d)\.batch_norm2\.", r".stages.\1.upsampling.4."),
    (r"^deconv3\.", "decoder.expandings.0."),
    (r"^deconv2\.", "decoder.expandings.1."),
    (r"^deconv1\.", "decoder.expandings.2."),
    (r"^uplayer3\.", "decoder.residuals.0."),
    (r"^uplayer2\.", "decoder.residuals.1."),
    (r"^uplayer1\.", "decoder.residuals.2."),
    (r"^head\.block\.", "decoder.head."),
)
"""From the released code's names to ours, at both of its commits."""

RELEASED_DIRECTIONS = 4
"""Of a scan over the plane; the released code keeps some of their parameters in one row."""


def build(
    inner: str = "first", token_layout: str = "spatial", variant: str = "paper", word: int = 2, sentence: int = 8
) -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W).

    Args:
        inner: "first" or "all", the blocks with an inner Mamba.
        token_layout: "spatial" or "released".
        variant: "paper" or "head".
        word: side of a word in pixels, 1, 2 or 4.
        sentence: side of a sentence in pixels, 4, 8 or 16.
    """
    from istdbench.methods.mamba.mim.block import SS2D, Block, InnerPath, OuterPath
    from istdbench.methods.mamba.mim.encoder import Grain
    from istdbench.methods.mamba.mim.network import PAPER, MiM, Place
    from istdbench.methods.mamba.mim.released import HEAD, InvertedResidual, ReleasedInvertedResidual, ReleasedSS2D

    spatial = token_layout == "spatial"
    mamba = SS2D if spatial else ReleasedSS2D
    inverted_residual = InvertedResidual if spatial else ReleasedInvertedResidual

    def feed_forward(dim: int) -> torch.nn.Module | None:
        return inverted_residual(dim) if variant == "head" else None

    def block(place: Place) -> Block:
        c, C = place.word_dim, place.sentence_dim
        has_inner = inner == "all" or place.is_first
        return Block(
            inner=InnerPath(mamba(c), c, C, feed_forward(c), words=place.words) if has_inner else None,
            outer=OuterPath(mamba(C), C, feed_forward(C)),
        )

    plan = PAPER if variant == "paper" else HEAD
    return MiM(replace(plan, grain=Grain(word, sentence)), block)


def apart(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Each direction's A and D by itself, where the released code has them one behind the other."""
    return {
        name: tensor.unflatten(0, (RELEASED_DIRECTIONS, -1)) if name.endswith((".A_log", ".D")) else tensor
        for name, tensor in ours.items()
    }


MIM_ISTD = Learned(
    name="mim_istd",
    summary="Mamba-in-Mamba: selective scans over words within sentences and over sentences",
    paper="Chen et al., MiM-ISTD: Mamba-in-Mamba for Efficient Infrared Small Target Detection, 2024, arXiv 2403.02148",
    options={
        "inner": Option(
            "first",
            "blocks with an inner Mamba: first (block 0 of a stage, block 1 if it is deeper than 6) or all (Eq. 10)",
            choices=("first", "all"),
        ),
        "token_layout": Option(
            "spatial",
            "tokens laid out in space, or permuted as the released code has them (for its weights)",
            choices=("spatial", "released"),
        ),
        "variant": Option(
            "paper",
            "the paper's network, or the released repository's head: fewer, wider blocks with a feed-forward part",
            choices=("paper", "head"),
        ),
        "word": Option(
            2, "side of a word in pixels (Table 4 has 1 and 4 beside the default)", choices=(1, 2, 4), implied=True
        ),
        "sentence": Option(
            8, "side of a sentence in pixels (Table 4 has 4 and 16 beside it)", choices=(4, 8, 16), implied=True
        ),
    },
    build=build,
    in_channels=3,
    from_released=Renaming(
        rules=RELEASED_NAMES,
        unread=r"\.relative_pos$",
        reshape=apart,
        options={"token_layout": "released", "word": 2, "sentence": 8},
    ),
)
