"""Backend `triton`: the scan on CUDA, by kernels that triton compiles at the first call. Deterministic, no atomics.

triton is imported at the first scan, so that istdbench does without it.

Accuracy against float64, relative to the norm: y within 5e-7, gradients within 1e-6. On a CPU y is within 2e-7: on the
chip exp2 and division are approximate, each off by up to two units in the last place, and the error of a decay adds up
along a sequence. `pytest tests/ops --device cuda` holds the kernels to it.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from istdbench.ops.contract import ScanInputs, SS2DInputs, project
from istdbench.ops.custom_op import scan_op

MAX_STATES = 64  # one thread holds them all


@lru_cache
def why_not() -> str:
    """The reason why the Triton kernels cannot run on this machine; "" where they can."""
    if not torch.cuda.is_available():
        return "no CUDA device"
    if importlib.util.find_spec("triton") is None:
        return "triton is not installed; install it with: pip install triton"
    return ""


def _scan(inputs: ScanInputs) -> Any:
    return importlib.import_module("istdbench.ops.backends.triton.launch").Scan(inputs)


def _forward(inputs: ScanInputs) -> Tensor:
    return _scan(inputs).forward()


def _backward(dy: Tensor, inputs: ScanInputs) -> tuple[Tensor, ...]:
    return _in_their_dtypes(inputs, _scan(inputs).backward(dy))


def _ss2d_backward(dy: Tensor, inputs: SS2DInputs) -> tuple[Tensor, ...]:
    """Projects again: the projections of a map take eight times its memory and a small product."""
    x, x_proj = inputs.x, inputs.x_proj
    projected = project(inputs)
    dx, _, dproj, ddt_proj, dA, *others = _scan(projected).backward(dy)
    dproj = dproj.flatten(0, 1).flatten(1)
    dx = dx.flatten(0, 1).addmm(dproj, x_proj.flatten(0, 1).to(dx.dtype)).view_as(x)
    dx_proj = (dproj.to(x.dtype).mT @ x.flatten(0, 1)).view_as(x_proj)
    return _in_their_dtypes(inputs, (dx, dx_proj, ddt_proj, dA * projected.A, *others))


def _in_their_dtypes(inputs: tuple[Any, ...], gradients: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The gradients of the first inputs, each in the dtype of its input."""
    return tuple(gradient.to(tensor.dtype) for gradient, tensor in zip(gradients, inputs, strict=False))


multi_scan = scan_op("scan_triton", ScanInputs, _forward, _backward)
ss2d = scan_op("ss2d_triton", SS2DInputs, lambda inputs: _forward(project(inputs)), _ss2d_backward)
