"""Backend `c`: a library in C, built at install. CPU, float32.

`ss2d` projects and scans a cache-sized piece of the batch at a time, and projects again in the backward pass: the
projections of a whole batch are never in memory, which costs more to get from the system than to compute.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.ops.backends.c.call import Call
from istdbench.ops.contract import ScanInputs, SS2DInputs
from istdbench.ops.custom_op import scan_op

MAX_STATES = 64  # of csrc/scan.h
CACHE = 2**20  # bytes of projections for a thread: about a second-level cache; less costs calls, more costs misses


def _forward(inputs: ScanInputs) -> Tensor:
    x, dt, proj = (tensor.contiguous() for tensor in inputs[:3])
    y = torch.empty_like(x)
    Call(inputs, inputs.A, inputs.softplus).forward(x, dt, proj, y)
    return y


def _backward(dy: Tensor, inputs: ScanInputs) -> tuple[Tensor, ...]:
    dy, x, dt, proj = (tensor.contiguous() for tensor in (dy, *inputs[:3]))
    call = Call(inputs, inputs.A, inputs.softplus)
    dx, ddt, constants = torch.empty_like(x), torch.empty_like(dt), call.constants([x.shape[0]])
    dproj = call.backward(dy, x, dt, proj, dx, ddt, constants)
    return dx, ddt, dproj, *call.gradients(constants)


def _ss2d_forward(inputs: SS2DInputs) -> Tensor:
    x, weight = inputs.x.contiguous(), inputs.x_proj.flatten(0, 1)
    call, y = Call(inputs, torch.exp(inputs.A_log).neg_(), softplus=True), torch.empty_like(x)
    for piece, scanned in _cache_sized(inputs, x, y):
        call.forward(piece, None, functional.linear(piece, weight), scanned)
    return y


def _ss2d_backward(dy: Tensor, inputs: SS2DInputs) -> tuple[Tensor, ...]:
    dy, x, weight = dy.contiguous(), inputs.x.contiguous(), inputs.x_proj.flatten(0, 1)
    A, dx = torch.exp(inputs.A_log).neg_(), torch.empty_like(x)
    call = Call(inputs, A, softplus=True)
    pieces = list(_cache_sized(inputs, dy, x, dx))
    across = weight.mT.contiguous()  # products are written transposed: BLAS is slow at few columns, not at few rows
    dacross = torch.zeros_like(across)
    constants = call.constants(piece.shape[0] for piece, *_ in pieces)
    for given, piece, gradient in pieces:
        rows = piece.flatten(0, 1)
        dproj = call.backward(given, piece, None, functional.linear(rows, weight), gradient, None, constants)
        gradient.flatten(0, 1).mT.addmm_(across, dproj.mT)
        dacross.addmm_(rows.mT, dproj)
    ddt_proj, dA, *others = call.gradients(constants)
    return dx, dacross.mT.reshape(inputs.x_proj.shape), ddt_proj, dA.mul_(A), *others


def _cache_sized(inputs: SS2DInputs, *tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Pieces of the batch whose projections stay in the cache: no memory is fetched, nor got from the system."""
    (batch, length, _), (orders, width, _) = inputs.x.shape, inputs.x_proj.shape
    size = max(1, CACHE * torch.get_num_threads() // (4 * length * orders * width))
    if 0 < batch <= size:
        return iter([tensors])
    return zip(*(tensor.split(size) for tensor in tensors), strict=True) if batch else iter(())


multi_scan = scan_op("scan_c", ScanInputs, _forward, _backward)
ss2d = scan_op("ss2d_c", SS2DInputs, _ss2d_forward, _ss2d_backward)
