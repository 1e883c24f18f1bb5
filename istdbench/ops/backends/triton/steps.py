"""What the kernels share: the step size delta of one position."""

from __future__ import annotations

import triton
import triton.language as tl

LOG2_E: tl.constexpr = tl.constexpr(1.4426950408889634)
LN_2: tl.constexpr = tl.constexpr(0.6931471805599453)
# arguments whose values compile nothing anew
SIZES = ["batch", "length", "channels", "orders", "orders_each", "chunks", "chunk_steps", "has_dt", "softplus"]


@triton.jit
def raw_delta(dt, row, weight, bias, has_dt, RANK: tl.constexpr):
    """delta before the softplus, of each column."""
    raw = bias
    for r in tl.static_range(RANK):
        raw += weight[r] * tl.load(row + r).to(tl.float32)
    return raw + tl.load(dt, mask=has_dt != 0, other=0.0).to(tl.float32)


@triton.jit
def step_size(raw, softplus):
    """softplus(raw) = max(raw, 0) + log(1 + e), e = exp(-|raw|), by 2 artanh(e / (2 + e)): exact where e is small.

    Seven terms of the series of artanh leave out less than 2e-8 of it.
    """
    e = tl.exp(-tl.abs(raw))
    z = e / (2.0 + e)
    q = z * z
    series = 1 / 9 + q * (1 / 11 + q * (1 / 13))
    series = 1.0 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * series)))
    return tl.where(softplus != 0, tl.maximum(raw, 0.0) + 2.0 * z * series, raw)
