"""Tensors of a released network under our names: a method's description says how, and imports nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from istdbench.lazy import torch
from istdbench.spec import Scalar

Rules = Sequence[tuple[str, str]]

BASIC_BLOCK: Rules = (
    (r"\.conv1\.", ".body.0."),
    (r"\.bn1\.", ".body.1."),
    (r"\.conv2\.", ".body.3."),
    (r"\.bn2\.", ".body.4."),
)
"""Of ResNet's block of two convolutions, as torchvision names it."""

ATTENTIVE_BLOCK: Rules = (
    (r"\.ca\.fc1\.", ".channels.mlp.0."),
    (r"\.ca\.fc2\.", ".channels.mlp.2."),
    (r"\.sa\.conv1\.", ".pixels.conv."),
    *BASIC_BLOCK,
)
"""Of the residual block with attention (`istdbench.methods.parts.cbam`), as DNANet's and MSHNet's code name it."""

ACM_ENCODER: Rules = (
    (r"\.gamma$", ".weight"),
    (r"\.beta$", ".bias"),
    (r"^stem\.0\.", "encoder.norm."),
    *((rf"^stem\.{k}\.", f"encoder.stem.{k - 1}.") for k in (1, 2, 4, 5, 7, 8)),
    *((rf"^layer{i + 1}\.", f"encoder.stages.{i}.") for i in range(3)),
    (r"\.downsample\.", ".shortcut."),
    (r"^head\.block\.", "head."),
)
"""Of the residual encoder of ACM and ALCNet, and of their head, as the authors' MXNet code and its ports name them."""

CAUSAL_MAMBA: Rules = (
    (r"\.conv1d\.", ".conv."),
    (r"\.x_proj\.weight$", ".x_proj"),
    (r"\.dt_proj\.weight$", ".dt_proj"),
    (r"\.dt_proj\.bias$", ".dt_bias"),
)
"""Of mamba-ssm's `Mamba`, for `istdbench.methods.mamba.mixers.causal`; `of_one_direction` gives them our shapes."""

SCAN = (".x_proj", ".dt_proj", ".dt_bias", ".A_log", ".D")

IDLE_SCALE = r"^stem\.0\.(gamma|beta)$"
"""Scale and offset of the image's batch norm there, which MXNet saves though it has none."""


@dataclass(frozen=True)
class Renaming:
    """From released names to ours.

    Attributes:
        rules: regular expressions with what takes their place, in the order in which they act on a name.
        unread: pattern of names that the released network holds and never reads when it predicts.
        reshape: from tensors under our names to the same in our shapes, where they differ.
        options: of the method; with others its network takes the same tensors and computes something else.
    """

    rules: Rules
    unread: str = r"(?!)"
    reshape: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]] | None = None
    options: Mapping[str, Scalar] = field(default_factory=dict)

    def __call__(self, released: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """A released state dict under our names and in our shapes, without what is never read."""
        ours = {self.name(name): tensor for name, tensor in released.items() if not self.leaves(name)}
        return self.reshape(ours) if self.reshape else ours

    def leaves(self, name: str) -> bool:
        """Whether a released tensor is left out, since it is never read."""
        return re.search(self.unread, name) is not None

    def name(self, name: str) -> str:
        """Our name for a released one."""
        for pattern, replacement in self.rules:
            name = re.sub(pattern, replacement, name)
        return name


def of_one_direction(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The parameters of each scan as those of its only direction."""
    return {name: tensor[None] if name.endswith(SCAN) else tensor for name, tensor in ours.items()}
