"""Weights of the released MiM-ISTD under our names, to check that the released network is ours (token_layout=released).

Source: txchen-USTC/MiM-ISTD, commits 3a82032 and 6b57de1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from istdbench.errors import WeightsError
from istdbench.methods.mamba.mim.block import DIRECTIONS

RENAMED = (
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


def from_released(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of the released network under our names and shapes.

    The network that takes it has the same variant and token_layout="released". `relative_pos`, which the released
    forward never reads, is dropped.

    Args:
        weights: as the released code saves them.

    Returns:
        What `load_state_dict` of our network takes.

    Raises:
        WeightsError: no name in it is the released network's.
    """
    if not any(name.startswith("mim_backbone.") for name in weights):
        raise WeightsError(
            "no name begins with 'mim_backbone.': not weights of the released MiM-ISTD; load ours without conversion"
        )
    return dict(converted(name, tensor) for name, tensor in weights.items() if not name.endswith(".relative_pos"))


def converted(name: str, tensor: Tensor) -> tuple[str, Tensor]:
    for pattern, replacement in RENAMED:
        name = re.sub(pattern, replacement, name)
    if name.endswith((".A_log", ".D")):
        tensor = tensor.unflatten(0, (DIRECTIONS, -1))
    return name, tensor
