"""In which numbers a network is trained, and what is said of it."""

from __future__ import annotations

import os
import warnings
from contextlib import AbstractContextManager
from typing import Literal

import torch
from torch import Tensor

from istdbench.methods.outputs import Outputs
from istdbench.protocols.fields import Precision

Computed = Literal["float32", "tf32", "bfloat16"]
"""The numbers that products are taken of; "tf32" is float32 of which 10 bits of the mantissa are looked at."""


def computed_in(precision: Precision, device: str) -> Computed:
    """The numbers that a training of this precision uses on a device, "cpu" or "cuda", as PyTorch is set."""
    if precision == "float32" and device != "cpu" and _takes_tf32():
        return "tf32"
    return precision


def _takes_tf32() -> bool:
    allowed = torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32
    return allowed and os.environ.get("NVIDIA_TF32_OVERRIDE") != "0" and torch.cuda.get_device_capability()[0] >= 8


def say(computed: Computed) -> None:
    """Say where float32 is not all that it is taken for."""
    if computed == "tf32":
        warnings.warn(
            "precision float32 on this GPU: convolutions look at 10 bits of the mantissa (TF32), PyTorch's default, "
            "and the weights say so; NVIDIA_TF32_OVERRIDE=0 in the environment takes all 23, and longer",
            stacklevel=2,
        )


def autocast(precision: Precision, device: str) -> AbstractContextManager[None]:
    """Inside, a network computes in `precision`, where PyTorch takes that to be safe; its weights stay float32."""
    return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def widened(answer: Tensor | Outputs) -> Tensor | Outputs:
    """A network's answer in float32, in which losses are sums over many pixels."""
    if not isinstance(answer, Outputs):
        return answer.float()
    others = (None if head is None else head.float() for head in (answer.edge, answer.image, answer.interior))
    return Outputs(tuple(head.float() for head in answer.masks), *others)
