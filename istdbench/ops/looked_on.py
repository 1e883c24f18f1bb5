"""Whether anybody looks on while an operation is called, and so needs to see it by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

_PLAIN = (Tensor, torch.nn.Parameter, bool)


def is_looked_on(inputs: Sequence[Any]) -> bool:
    """By a compiler, tracer, mode or transform, or by tensors without memory; the first input is a tensor."""
    return (
        torch.compiler.is_compiling()
        or torch.jit.is_tracing()
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._len_torch_function_stack() > 0
        or torch._C._are_functorch_transforms_active()
        or torch.autograd.forward_ad._current_level >= 0
        or inputs[0].is_meta
        or not all(type(value) in _PLAIN for value in inputs)
    )
