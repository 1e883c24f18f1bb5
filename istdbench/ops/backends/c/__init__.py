"""Backend `c`: a library in C, built at install. CPU, float32.

`ss2d` projects and scans a cache-sized piece of the batch at a time, and projects again in the backward pass: the
projections of a whole batch are never in memory, which costs more to get from the system than to compute.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.ops.backends.c.plan import Plan
from istdbench.ops.contract import ScanInputs, SS2DInputs
from istdbench.ops.custom_op import scan_op

MAX_STATES = 64  # of csrc/scan.h
CACHE = 2**20  # bytes of projections for a thread: about a second-level cache; less costs calls, more costs misses


def _forward(inputs: ScanInputs) -> Tensor:
    x, dt, proj = (tensor.contiguous() for tensor in inputs[:3])
    y = torch.empty_like(x)
    Plan(inputs, inputs.softplus).forward(x, dt, proj, y)
    return y


def _backward(dy: Tensor, inputs: ScanInputs) -> tuple[Tensor, ...]:
    dy, x, dt, proj = (tensor.contiguous() for tensor in (dy, *inputs[:3]))
    plan = Plan(inputs, inputs.softplus)
    dx, ddt, constants = torch.empty_like(x), torch.empty_like(dt), plan.constants([len(x)])
    dproj = plan.backward(dy, x, dt, proj, dx, ddt, constants)
    return dx, ddt, dproj, *plan.gradients(constants)


def _ss2d_forward(inputs: SS2DInputs) -> Tensor:
    x, weight = inputs.x.contiguous(), inputs.x_proj.flatten(0, 1)
    plan, no_dt = Plan(inputs, softplus=True), x.new_empty(0)
    y = torch.empty_like(x)
    for rows in _cache_sized(x, plan):
        plan.forward(x[rows], no_dt, functional.linear(x[rows], weight), y[rows])
    return y


def _ss2d_backward(dy: Tensor, inputs: SS2DInputs) -> tuple[Tensor, ...]:
    dy, x, weight = dy.contiguous(), inputs.x.contiguous(), inputs.x_proj.flatten(0, 1)
    plan, no_dt = Plan(inputs, softplus=True), x.new_empty(0)
    pieces = list(_cache_sized(x, plan))
    across = weight.mT.contiguous()  # products are written transposed: BLAS is slow at few columns, not at few rows
    dx, dacross = torch.empty_like(x), torch.zeros_like(across)
    constants = plan.constants(len(x[rows]) for rows in pieces)
    for rows in pieces:
        proj = functional.linear(x[rows], weight)
        dproj = plan.backward(dy[rows], x[rows], no_dt, proj, dx[rows], no_dt, constants).flatten(0, 1)
        dx[rows].flatten(0, 1).mT.addmm_(across, dproj.mT)
        dacross.addmm_(x[rows].flatten(0, 1).mT, dproj)
    return dx, dacross.mT.contiguous().view_as(inputs.x_proj), *plan.gradients(constants)


def _cache_sized(x: Tensor, plan: Plan) -> Iterator[slice]:
    """Pieces of the batch whose projections stay in the cache: no memory is fetched, nor got from the system."""
    size = max(1, CACHE * plan.threads // (4 * plan.length * plan.width))
    return (slice(start, start + size) for start in range(0, len(x), size))


multi_scan = scan_op("scan_c", ScanInputs, _forward, _backward)
ss2d = scan_op("ss2d_c", SS2DInputs, _ss2d_forward, _ss2d_backward)
