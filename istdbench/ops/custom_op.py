"""Turns a pair of functions, scan and its gradient, into a PyTorch operator with autograd, shapes and FLOP counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import register_flop_formula

from istdbench.ops import flops

_SCAN = (
    "Tensor x, Tensor dt, Tensor proj, Tensor dt_proj, Tensor A, Tensor D, Tensor dt_bias, Tensor orders, bool softplus"
)
_SS2D = "Tensor x, Tensor x_proj, Tensor dt_proj, Tensor A, Tensor D, Tensor dt_bias, Tensor orders"
_Forward = Callable[..., Tensor]
_Backward = Callable[..., tuple[Tensor, ...]]


def scan_op(name: str, forward: _Forward, backward: _Backward) -> _Forward:
    """Register the operator istdbench::scan_`name` and return it.

    It saves its inputs for the backward pass and nothing else.

    Args:
        name: of the backend.
        forward: the scan, with the contract of `istdbench.ops.reference.multi_scan`.
        backward: takes the gradient of y before those same arguments; returns those of the first seven.
    """
    return _register(f"scan_{name}", _SCAN, 7, forward, backward, _scan_flops, _scan_backward_flops)


def ss2d_op(name: str, forward: _Forward, backward: _Backward) -> _Forward:
    """Register the operator istdbench::ss2d_`name`, which projects x too, and return it.

    It saves its inputs for the backward pass and nothing else, and is expected to project x again there.

    Args:
        name: of the backend.
        forward: the scan, with the contract of `istdbench.ops.reference.ss2d`.
        backward: takes the gradient of y before those same arguments; returns those of the first six.
    """
    return _register(f"ss2d_{name}", _SS2D, 6, forward, backward, _ss2d_flops, _ss2d_backward_flops)


def _register(
    name: str,
    inputs: str,
    differentiable: int,
    forward: _Forward,
    backward: _Backward,
    count_forward: Callable[..., int],
    count_backward: Callable[..., int],
) -> _Forward:
    """An operator whose first inputs are differentiable."""
    library = f"istdbench::{name}"
    gradients = ", ".join(["Tensor"] * differentiable)
    forward, backward = _without_autocast(forward), _without_autocast(backward)
    operator = torch.library.custom_op(library, forward, mutates_args=(), schema=f"({inputs}) -> Tensor")
    gradient = torch.library.custom_op(
        f"{library}_backward", backward, mutates_args=(), schema=f"(Tensor dy, {inputs}) -> ({gradients})"
    )
    others = inputs.count(",") + 1 - differentiable

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
    register_flop_formula(getattr(torch.ops.istdbench, name))(count_forward)
    register_flop_formula(getattr(torch.ops.istdbench, f"{name}_backward"))(count_backward)
    return operator


def _without_autocast(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose matrix products keep the precision of its tensors."""

    def run(x: Tensor, *rest: Any) -> Any:
        with torch.autocast(x.device.type, enabled=False):
            return function(x, *rest)

    return run


def _scan_flops(x: Any, dt: Any, proj: Any, dt_proj: Any, A: Any, *_: Any, **__: Any) -> int:
    return flops.scan(x, *_sizes(dt_proj, A))


def _scan_backward_flops(dy: Any, x: Any, dt: Any, proj: Any, dt_proj: Any, A: Any, *_: Any, **__: Any) -> int:
    return flops.scan_backward(x, *_sizes(dt_proj, A))


def _ss2d_flops(x: Any, x_proj: Any, dt_proj: Any, A: Any, *_: Any, **__: Any) -> int:
    return flops.projection(x, x_proj) + flops.scan(x, *_sizes(dt_proj, A))


def _ss2d_backward_flops(dy: Any, x: Any, x_proj: Any, dt_proj: Any, A: Any, *_: Any, **__: Any) -> int:
    return 3 * flops.projection(x, x_proj) + flops.scan_backward(x, *_sizes(dt_proj, A))


def _sizes(dt_proj: Any, A: Any) -> tuple[int, int, int]:
    return A[0], A[-1], dt_proj[-1]
