"""What the kernels share: how a warp holds the states of some channels, and the step size delta.

A tile of a warp is (held, parts, lanes, channels): a thread is one lane of one channel of each part, and holds of each
of its channels the states `held * LANES + lane`. (So triton lays out a tensor of four dimensions by itself.) Sums over
states and over channels are thus for the most part within threads. What a step needs of each channel once, its delta
above all, is computed for a block of LANES steps at once, by each lane for another step; `of_step` hands it to all.
"""

from __future__ import annotations

import triton
import triton.language as tl

LOG2_E: tl.constexpr = tl.constexpr(1.4426950408889634)
LN_2: tl.constexpr = tl.constexpr(0.6931471805599453)
# arguments whose values compile nothing anew
SIZES = ["batch", "length", "channels", "orders", "orders_each", "chunks", "chunk_steps", "has_dt", "softplus"]


@triton.jit
def axes(block, channels, STATES: tl.constexpr, HELD: tl.constexpr, LANES: tl.constexpr, PARTS: tl.constexpr):
    """The states of a tile and which of them there are, its lanes, its channels and which of them there are.

    Beyond the last, a channel is repeated: what is computed for it is stored nowhere, or zero.
    """
    CHANNELS: tl.constexpr = 32 // LANES
    held, part = tl.arange(0, HELD)[:, None, None, None], tl.arange(0, PARTS)[None, :, None, None]
    lane, c = tl.arange(0, LANES)[None, None, :, None], tl.arange(0, CHANNELS)[None, None, None, :]
    index = (block * PARTS + part) * CHANNELS + c
    n = held * LANES + lane
    return n, n < STATES, lane, tl.minimum(index, channels - 1), index < channels


@triton.jit
def raw_delta(dt, low, weight, bias, has_dt, RANK: tl.constexpr):
    """delta before the softplus; `low` and `weight` are pointers. Not unrolled before LLVM: that takes seconds."""
    raw = bias + tl.load(dt, mask=has_dt != 0, other=0.0).to(tl.float32)
    for r in range(RANK):
        raw += tl.load(weight + r) * tl.load(low + r).to(tl.float32)
    return raw


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


@triton.jit
def of_step(tile, s: tl.constexpr, lane):
    """What lane s holds, for all lanes."""
    return over_lanes(tl.where(lane == s, tile, 0.0))


@triton.jit
def over_lanes(tile):
    """The sum over lanes."""
    return tl.sum(tile, 2, keep_dims=True)


@triton.jit
def over_states(tile):
    """The sum over states, for all lanes."""
    return over_lanes(tl.sum(tile, 0, keep_dims=True))
