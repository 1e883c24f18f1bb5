"""Turns a pair of functions, scan and its gradient, into a PyTorch operator with autograd, shapes and FLOP counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import register_flop_formula

from istdbench.ops import flops

_INPUTS = "Tensor x, Tensor dt, Tensor bc, Tensor A, Tensor D, Tensor dt_bias, Tensor orders, bool softplus"
_GRADIENTS = "(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)"


def scan_op(
    name: str, forward: Callable[..., Tensor], backward: Callable[..., tuple[Tensor, ...]]
) -> Callable[..., Tensor]:
    """Register the operator istdbench::scan_`name` and return it.

    It saves its inputs for the backward pass and nothing else.

    Args:
        name: of the backend.
        forward: the scan, with the contract of `istdbench.ops.reference.multi_scan`.
        backward: takes the gradient of y before those same arguments; returns those of x, dt, bc, A, D and dt_bias.
    """
    library = f"istdbench::scan_{name}"
    scan = torch.library.custom_op(library, forward, mutates_args=(), schema=f"({_INPUTS}) -> Tensor")
    gradient = torch.library.custom_op(
        f"{library}_backward", backward, mutates_args=(), schema=f"(Tensor dy, {_INPUTS}) -> {_GRADIENTS}"
    )

    @scan.register_fake
    def _(x: Tensor, *_: Any) -> Tensor:
        return torch.empty_like(x, memory_format=torch.contiguous_format)

    @gradient.register_fake
    def _(dy: Tensor, *inputs: Any) -> tuple[Tensor, ...]:
        return tuple(torch.empty_like(tensor, memory_format=torch.contiguous_format) for tensor in inputs[:6])

    def save_inputs(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        *tensors, ctx.softplus = inputs
        ctx.save_for_backward(*tensors)

    def differentiate(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        return *gradient(dy, *ctx.saved_tensors, ctx.softplus), None, None

    scan.register_autograd(differentiate, setup_context=save_inputs)
    register_flop_formula(getattr(torch.ops.istdbench, f"scan_{name}"))(_count_forward)
    register_flop_formula(getattr(torch.ops.istdbench, f"scan_{name}_backward"))(_count_backward)
    return scan


def _count_forward(x: Any, dt: Any, bc: Any, *_: Any, **__: Any) -> int:
    return flops.scan(dt, states=bc[-1])


def _count_backward(dy: Any, x: Any, dt: Any, bc: Any, *_: Any, **__: Any) -> int:
    return flops.scan_backward(dt, states=bc[-1])
