"""LayerNorm of rows of few channels: each program takes a tile of many rows. Deterministic, no atomics.

PyTorch's kernels give each row a block of threads of its own, of which most have nothing to do here. Mean and variance
are computed again in the backward pass, which reads x anyway.
"""

from __future__ import annotations

from math import ceil

import torch
import triton
import triton.language as tl
from torch import Tensor

from istdbench.ops.backends.triton.start import start

ELEMENTS = 1024  # of a tile: eight a thread of four warps
SHARES = 512  # backward programs at most; each has its own part of the gradients of weight and bias


def forward(x: Tensor, weight: Tensor, bias: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
    """The rows of x, (..., width) and contiguous, normalised; computed in float32 and stored in `dtype`."""
    y = torch.empty_like(x, dtype=dtype)
    rows, widths = _cut(x)
    start(normalise, (ceil(rows / widths["ROWS"]),), x, weight, bias, y, rows, eps, **widths)
    return y


def backward(dy: Tensor, x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, in its dtype, and of weight and bias, in float32; x and dy as in `forward`."""
    dx = torch.empty_like(x)
    rows, widths = _cut(x)
    shares = min(SHARES, ceil(rows / widths["ROWS"]))
    sums = x.new_empty(shares, 2, widths["WIDTH"], dtype=torch.float32)
    start(normalise_gradients, (shares,), dy, x, weight, dx, sums, rows, eps, **widths)
    dweight, dbias = sums.sum(0)
    return dx, dweight, dbias


def _cut(x: Tensor) -> tuple[int, dict[str, int]]:
    """How many rows there are, and what a variant of the kernels is compiled for."""
    width = x.shape[-1]
    block = triton.next_power_of_2(width)
    return x.numel() // width, {"WIDTH": width, "BLOCK": block, "ROWS": max(1, ELEMENTS // block)}


@triton.jit(do_not_specialize=["rows"])
def normalise(x, weight, bias, y, rows, eps, WIDTH: tl.constexpr, BLOCK: tl.constexpr, ROWS: tl.constexpr):
    """A tile of y. Programs: (tiles of rows)."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    column = tl.arange(0, BLOCK)[None, :]
    inside = (row < rows) & (column < WIDTH)
    at = row * WIDTH + column
    normal, _ = _normalised(tl.load(x + at, mask=inside, other=0.0), column, eps, WIDTH)
    scale = tl.load(weight + column, mask=column < WIDTH, other=0.0).to(tl.float32)
    shift = tl.load(bias + column, mask=column < WIDTH, other=0.0).to(tl.float32)
    tl.store(y + at, normal * scale + shift, mask=inside)


@triton.jit(do_not_specialize=["rows"])
def normalise_gradients(
    dy, x, weight, dx, sums, rows, eps, WIDTH: tl.constexpr, BLOCK: tl.constexpr, ROWS: tl.constexpr
):
    """Tiles of dx, and what their rows add to the gradients of weight and bias. Programs: (shares of the tiles)."""
    share, shares = tl.program_id(0), tl.num_programs(0)
    column = tl.arange(0, BLOCK)[None, :]
    scale = tl.load(weight + column, mask=column < WIDTH, other=0.0).to(tl.float32)
    weight_sum = tl.zeros((ROWS, BLOCK), tl.float32)
    bias_sum = tl.zeros((ROWS, BLOCK), tl.float32)
    for first in range(share * ROWS, rows, shares * ROWS):
        row = first + tl.arange(0, ROWS)[:, None]
        inside = (row < rows) & (column < WIDTH)
        at = row * WIDTH + column
        g = tl.load(dy + at, mask=inside, other=0.0).to(tl.float32)
        normal, inverse = _normalised(tl.load(x + at, mask=inside, other=0.0), column, eps, WIDTH)
        weight_sum += g * normal
        bias_sum += g
        g *= scale
        along = tl.sum(g * normal, 1)[:, None] / WIDTH
        mean = tl.sum(g, 1)[:, None] / WIDTH
        tl.store(dx + at, (g - mean - normal * along) * inverse, mask=inside)
    place = sums + share * 2 * WIDTH + tl.arange(0, BLOCK)
    tl.store(place, tl.sum(weight_sum, 0), mask=tl.arange(0, BLOCK) < WIDTH)
    tl.store(place + WIDTH, tl.sum(bias_sum, 0), mask=tl.arange(0, BLOCK) < WIDTH)


@triton.jit
def _normalised(x, column, eps, WIDTH: tl.constexpr):
    """Rows with mean 0 and variance 1, whose columns beyond the width are 0; and one by their standard deviations."""
    x = x.to(tl.float32)
    centred = tl.where(column < WIDTH, x - tl.sum(x, 1)[:, None] / WIDTH, 0.0)
    inverse = tl.rsqrt(tl.sum(centred * centred, 1)[:, None] / WIDTH + eps)
    return centred * inverse, inverse
