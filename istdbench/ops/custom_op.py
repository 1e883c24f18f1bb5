"""Turns a pair of functions, scan and its gradient, into a PyTorch operator with autograd, shapes and FLOP counts.

The operator itself takes the fields of its inputs one by one, since torch.library knows no named tuples. It is what
compilers, exporters, FLOP counters and fake tensors see. On plain tensors, with nobody looking on, the two functions
are called as they are: the Python that torch.library puts around an operator takes longer than a scan of a small map
(benchmarks/overhead.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.utils.flop_counter import register_flop_formula

from istdbench.ops import scan_flops
from istdbench.ops.contract import ScanInputs, SS2DInputs
from istdbench.ops.looked_on import is_looked_on

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
        backward: takes the gradient of y and the inputs; returns the gradients of the inputs before `orders`, which
            may be parts of one tensor.
    """
    count_forward, count_backward = _COUNTS[kind]
    differentiable = kind._fields.index("orders")
    tensors = len(kind._fields) - ("softplus" in kind._fields)
    no_gradients = [None] * (len(kind._fields) - differentiable)
    schema = ", ".join(f"{'bool' if field == 'softplus' else 'Tensor'} {field}" for field in kind._fields)
    gradients = ", ".join(["Tensor"] * differentiable)

    @torch.library.custom_op(f"istdbench::{name}", mutates_args=(), schema=f"({schema}) -> Tensor")
    def operator(*inputs: Any) -> Tensor:
        return _undisturbed(inputs[0], forward, kind(*inputs))

    @torch.library.custom_op(
        f"istdbench::{name}_backward", mutates_args=(), schema=f"(Tensor dy, {schema}) -> ({gradients})"
    )
    def gradient(dy: Tensor, *inputs: Any) -> tuple[Tensor, ...]:
        return _apart(_undisturbed(dy, backward, dy, kind(*inputs)))

    @operator.register_fake
    def _(x: Tensor, *_: Any) -> Tensor:
        dtype = torch.promote_types(x.dtype, torch.float32)  # sums of half-precision maps are not rounded
        return torch.empty_like(x, dtype=dtype, memory_format=torch.contiguous_format)

    @gradient.register_fake
    def _(dy: Tensor, *inputs: Any) -> tuple[Tensor, ...]:
        return tuple(
            torch.empty_like(tensor, memory_format=torch.contiguous_format) for tensor in inputs[:differentiable]
        )

    def save_inputs(ctx: Any, inputs: tuple[Any, ...], output: Tensor | None) -> None:
        ctx.save_for_backward(*inputs[:tensors])
        ctx.options = inputs[tensors:]

    def differentiate(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        return *gradient(dy, *ctx.saved_tensors, *ctx.options), *no_gradients

    operator.register_autograd(differentiate, setup_context=save_inputs)
    calls = torch.ops.istdbench
    register_flop_formula(getattr(calls, name))(lambda *shapes, **_: count_forward(kind(*shapes)))
    register_flop_formula(getattr(calls, f"{name}_backward"))(lambda dy, *shapes, **_: count_backward(kind(*shapes)))

    class Direct(torch.autograd.Function):
        """The operator without torch.library."""

        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Tensor:
            save_inputs(ctx, inputs, None)
            return forward(kind(*inputs))

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
            inputs = kind(*ctx.saved_tensors, *ctx.options)
            return *_undisturbed(dy, backward, dy, inputs), *no_gradients

    def call(inputs: _Inputs) -> Tensor:
        if is_looked_on(inputs):
            return operator(*inputs)
        if torch.is_grad_enabled() and _differentiated(inputs[:differentiable]):
            return _undisturbed(inputs.x, Direct.apply, *inputs)
        return _undisturbed(inputs.x, forward, inputs)

    return call


def _differentiated(inputs: tuple[Any, ...]) -> bool:
    return any(tensor.requires_grad for tensor in inputs)


def _undisturbed(x: Tensor, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function without autocast, so that matrix products keep the precision of their tensors."""
    device = x.device.type
    if not torch.is_autocast_enabled(device):
        return function(*arguments)
    with torch.autocast(device, enabled=False):
        return function(*arguments)


def _apart(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Each with memory of its own, as the results of an operator must be."""
    return tuple(tensor.clone() if tensor.untyped_storage().nbytes() > tensor.nbytes else tensor for tensor in tensors)
