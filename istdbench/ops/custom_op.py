"""Turns a pair of functions, scan and its gradient, into a PyTorch operator with autograd, shapes and FLOP counts.

The operator itself takes the fields of its inputs one by one, since torch.library knows no named tuples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils.flop_counter import register_flop_formula

from istdbench.ops import scan_flops
from istdbench.ops.contract import ScanInputs, SS2DInputs

_Inputs = TypeVar("_Inputs", bound=ScanInputs | SS2DInputs)

_COUNTS: dict[type, tuple[Callable[[Any], int], Callable[[Any], int]]] = {
    ScanInputs: (scan_flops.scan, scan_flops.scan_backward),
    SS2DInputs: (scan_flops.ss2d, scan_flops.ss2d_backward),
}


def scan_op(
    name: str,
    kind: type[_Inputs],
    forward: Callable[[_Inputs], Tensor],
    backward: Callable[[Tensor, _Inputs], tuple[Tensor, ...]],
) -> Callable[[_Inputs], Tensor]:
    """Register the operator istdbench::`name` and return the function that calls it.

    It saves its inputs for the backward pass and nothing else; a scan that projects x is expected to project it again
    there.

    Args:
        name: of the scan and the backend.
        kind: of its inputs, `ScanInputs` or, where it projects x too, `SS2DInputs`.
        forward: the scan.
        backward: takes the gradient of y and the inputs; returns the gradients of the inputs before `orders`.
    """
    count_forward, count_backward = _COUNTS[kind]
    differentiable = kind._fields.index("orders")
    others = len(kind._fields) - differentiable
    schema = ", ".join(f"{'bool' if field == 'softplus' else 'Tensor'} {field}" for field in kind._fields)
    gradients = ", ".join(["Tensor"] * differentiable)

    @torch.library.custom_op(f"istdbench::{name}", mutates_args=(), schema=f"({schema}) -> Tensor")
    def operator(*inputs: Any) -> Tensor:
        with _without_autocast(inputs[0]):
            return forward(kind(*inputs))

    @torch.library.custom_op(
        f"istdbench::{name}_backward", mutates_args=(), schema=f"(Tensor dy, {schema}) -> ({gradients})"
    )
    def gradient(dy: Tensor, *inputs: Any) -> tuple[Tensor, ...]:
        with _without_autocast(dy):
            return backward(dy, kind(*inputs))

    @operator.register_fake
    def _(x: Tensor, *_: Any) -> Tensor:
        dtype = torch.promote_types(x.dtype, torch.float32)  # sums of half-precision maps are not rounded
        return torch.empty_like(x, dtype=dtype, memory_format=torch.contiguous_format)

    @gradient.register_fake
    def _(dy: Tensor, *inputs: Any) -> tuple[Tensor, ...]:
        return tuple(
            torch.empty_like(tensor, memory_format=torch.contiguous_format) for tensor in inputs[:differentiable]
        )

    def save_inputs(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.save_for_backward(*(value for value in inputs if isinstance(value, Tensor)))
        ctx.options = [value for value in inputs if not isinstance(value, Tensor)]

    def differentiate(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        return *gradient(dy, *ctx.saved_tensors, *ctx.options), *[None] * others

    operator.register_autograd(differentiate, setup_context=save_inputs)
    calls = torch.ops.istdbench
    register_flop_formula(getattr(calls, name))(lambda *shapes, **_: count_forward(kind(*shapes)))
    register_flop_formula(getattr(calls, f"{name}_backward"))(lambda dy, *shapes, **_: count_backward(kind(*shapes)))
    return lambda inputs: operator(*inputs)


def _without_autocast(x: Tensor) -> torch.autocast:
    """Matrix products keep the precision of their tensors."""
    return torch.autocast(x.device.type, enabled=False)
