"""Backend `triton`: the scan on CUDA, by kernels that triton compiles at the first call. Deterministic, no atomics.

triton is imported at the first scan, so that istdbench does without it.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.ops.custom_op import scan_op, ss2d_op

MAX_STATES = 64  # one thread holds them all


@lru_cache
def why_not() -> str:
    """The reason why the Triton kernels cannot run on this machine; "" where they can."""
    if not torch.cuda.is_available():
        return "no CUDA device"
    if importlib.util.find_spec("triton") is None:
        return "triton is not installed; install it with: pip install triton"
    return ""


def refuses(x: Tensor, states: int) -> str:
    """The reason why the kernels cannot take x and this number of states; "" where they can."""
    if not x.is_cuda:
        return f"needs tensors on CUDA, not on {x.device}"
    if x.dtype == torch.float64:
        return "computes in float32, not in float64"
    return f"takes at most {MAX_STATES} states, not {states}" if states > MAX_STATES else ""


def _scan(*tensors: Tensor, softplus: bool) -> Any:
    return importlib.import_module("istdbench.ops.triton_scan.launch").Scan(*tensors, softplus=softplus)


def _forward(
    x: Tensor,
    dt: Tensor,
    proj: Tensor,
    dt_proj: Tensor,
    A: Tensor,
    D: Tensor,
    dt_bias: Tensor,
    orders: Tensor,
    softplus: bool,
) -> Tensor:
    return _scan(x, dt, proj, dt_proj, A, D, dt_bias, orders, softplus=softplus).forward()


def _backward(
    dy: Tensor,
    x: Tensor,
    dt: Tensor,
    proj: Tensor,
    dt_proj: Tensor,
    A: Tensor,
    D: Tensor,
    dt_bias: Tensor,
    orders: Tensor,
    softplus: bool,
) -> tuple[Tensor, ...]:
    inputs = (x, dt, proj, dt_proj, A, D, dt_bias)
    gradients = _scan(*inputs, orders, softplus=softplus).backward(dy)
    return tuple(gradient.to(tensor.dtype) for gradient, tensor in zip(gradients, inputs, strict=True))


def _ss2d_forward(
    x: Tensor, x_proj: Tensor, dt_proj: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor
) -> Tensor:
    return _scan(x, x.new_empty(0), _project(x, x_proj), dt_proj, A, D, dt_bias, orders, softplus=True).forward()


def _ss2d_backward(
    dy: Tensor, x: Tensor, x_proj: Tensor, dt_proj: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor
) -> tuple[Tensor, ...]:
    """Projects again: the projections of a map take eight times its memory and a small product."""
    scan = _scan(x, x.new_empty(0), _project(x, x_proj), dt_proj, A, D, dt_bias, orders, softplus=True)
    dx, _, dproj, *of_constants = scan.backward(dy)
    dproj = dproj.flatten(0, 1).flatten(1).to(x.dtype)
    dx = dx.flatten(0, 1).addmm(dproj.to(dx.dtype), x_proj.flatten(0, 1).to(dx.dtype)).view_as(x)
    dx_proj = (dproj.mT @ x.flatten(0, 1)).view_as(x_proj)
    inputs = (x, x_proj, dt_proj, A, D, dt_bias)
    gradients = (dx, dx_proj, *of_constants)
    return tuple(gradient.to(tensor.dtype) for gradient, tensor in zip(gradients, inputs, strict=True))


def _project(x: Tensor, x_proj: Tensor) -> Tensor:
    return functional.linear(x, x_proj.flatten(0, 1).to(x.dtype)).unflatten(2, x_proj.shape[:2])


multi_scan = scan_op("triton", _forward, _backward)
ss2d = ss2d_op("triton", _ss2d_forward, _ss2d_backward)
