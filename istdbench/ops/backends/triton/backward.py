"""The backward kernel: one warp takes a sentence and a block of channels, as (states, channels) tiles.

The gradients of B and C are sums over channels, those of x and delta over states: the tile is spread over the warp both
ways, so that each sum is half within threads. States are computed again: once through, keeping the state before each
block of steps in scratch memory, then block by block from the last, keeping those of the block in registers.

Names as in `istdbench.ops.backends.triton.forward`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from istdbench.ops.backends.triton.steps import LN_2, LOG2_E, SIZES, raw_delta, step_size


@triton.jit(do_not_specialize=SIZES)
def gradients(
    dy,
    x,
    dt,
    proj,
    dt_proj,
    A,
    D,
    dt_bias,
    order,
    boundaries,
    scratch,
    dx,
    ddt,
    dproj,
    sums,
    batch,
    length,
    channels,
    orders,
    orders_each,
    chunks,
    chunk_steps,
    has_dt,
    softplus,
    RANK: tl.constexpr,
    STATES: tl.constexpr,
    BLOCK_STATES: tl.constexpr,
    BLOCK_CHANNELS: tl.constexpr,
    STEPS: tl.constexpr,
):
    """All gradients of some chunks of some sentences. Programs: (share of the chunks, channels, groups of orders).

    dx is summed over the orders of a group, dproj over the channels of a program, the gradients of the parameters over
    its chunks: `sums` holds, for each share, those of A, dt_proj, D and dt_bias one after the other.
    """
    share, block, group = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    shares, blocks = tl.num_programs(0), tl.num_programs(1)
    width: tl.constexpr = RANK + 2 * STATES
    area: tl.constexpr = BLOCK_STATES * BLOCK_CHANNELS
    index, n = block * BLOCK_CHANNELS + tl.arange(0, BLOCK_CHANNELS), tl.arange(0, BLOCK_STATES)[:, None]
    inside = index < channels
    channel = tl.minimum(index, channels - 1)  # beyond the last, it is repeated with dy = 0: nothing comes of it
    tile = (n < STATES) & inside[None, :]
    columns = batch * channels
    size, rows = columns.to(tl.int64) * length, (tl.zeros((), tl.int64) + batch) * length * orders
    scratch += ((group * blocks + block) * shares + share).to(tl.int64) * (chunk_steps // STEPS * area)
    scratch += n + tl.arange(0, BLOCK_CHANNELS)[None, :] * BLOCK_STATES
    for k in range(group * orders_each, (group + 1) * orders_each):
        constants = k * channels + channel
        a = LOG2_E * tl.load(A + constants[None, :] * STATES + n, mask=n < STATES, other=0.0)
        bias, skip = tl.load(dt_bias + constants), tl.load(D + constants)
        a_sum = tl.zeros((BLOCK_STATES, BLOCK_CHANNELS), tl.float32)
        bias_sum, skip_sum = tl.zeros((BLOCK_CHANNELS,), tl.float32), tl.zeros((BLOCK_CHANNELS,), tl.float32)
        weight, weight_sum = (), ()
        for r in tl.static_range(RANK):
            weight += (tl.load(dt_proj + constants * RANK + r),)
            weight_sum += (tl.zeros((BLOCK_CHANNELS,), tl.float32),)
        for item in range(share, batch * chunks, shares):
            sentence, chunk = (item // chunks).to(tl.int64), item % chunks
            first, last = chunk * chunk_steps, tl.minimum(chunk * chunk_steps + chunk_steps, length)
            last_block = (last - 1 - first) // STEPS
            here = sentence * length * channels + channel
            row_here = sentence * length * orders + k
            # gradients of the states after the chunks follow the states before them
            column = (sentence * channels + channel)[None, :]
            boundary = ((k * chunks + chunk).to(tl.int64) * STATES + n) * columns + column
            after = boundary + orders * chunks * STATES * columns.to(tl.int64)
            state = tl.load(boundaries + boundary, mask=tile & (chunks > 1), other=0.0)
            later = tl.load(boundaries + after, mask=tile & (chunks > 1), other=0.0)
            tl.store(scratch, state)
            for i in range(last_block):
                for step in range(first + i * STEPS, first + i * STEPS + STEPS):
                    position = tl.load(order + k * length + step).to(tl.int32)
                    row, at = proj + (row_here + position * orders) * width, here + position * channels
                    raw = raw_delta(dt + k * size + at, row, weight, bias, has_dt, RANK)
                    u = tl.load(x + at).to(tl.float32)
                    state = _advance(state, step_size(raw, softplus), u, a, row + RANK + n, n < STATES)
                tl.store(scratch + (i + 1) * area, state)
            tl.debug_barrier()  # the elements of a tile may be held by several threads, of which one stores them
            for i in range(last_block, -1, -1):
                state = tl.load(scratch + i * area)
                states, us, raws, deltas, dys, dxs = (state,), (), (), (), (), ()
                for s in tl.static_range(STEPS):
                    # a step beyond the end repeats a position with delta = 0 and dy = 0: nothing comes of it
                    valid = first + i * STEPS + s < last
                    step = tl.minimum(first + i * STEPS + s, last - 1)
                    position = tl.load(order + k * length + step).to(tl.int32)
                    row, at = proj + (row_here + position * orders) * width, here + position * channels
                    raws += (raw_delta(dt + k * size + at, row, weight, bias, has_dt, RANK),)
                    deltas += (tl.where(valid, step_size(raws[s], softplus), 0.0),)
                    us += (tl.load(x + at).to(tl.float32),)
                    states += (_advance(states[s], deltas[s], us[s], a, row + RANK + n, n < STATES),)
                    dys += (tl.load(dy + at, mask=inside & valid, other=0.0).to(tl.float32),)
                    dxs += (tl.load(dx + group * size + at, mask=inside & (k > group * orders_each), other=0.0),)
                for s in tl.static_range(STEPS - 1, -1, -1):
                    valid = first + i * STEPS + s < last
                    step = tl.minimum(first + i * STEPS + s, last - 1)
                    position = tl.load(order + k * length + step).to(tl.int32)
                    at, row = here + position * channels, (row_here + position * orders) * width
                    B = tl.load(proj + row + RANK + n, mask=n < STATES, other=0.0).to(tl.float32)
                    C = tl.load(proj + row + RANK + STATES + n, mask=n < STATES, other=0.0).to(tl.float32)
                    g = later + C * dys[s][None, :]  # the gradient of the state after the step
                    later = g * tl.exp2(deltas[s][None, :] * a)  # and of the state before it
                    by_decay = later * states[s]  # the gradient of delta A
                    by_input = tl.sum(g * B, 0)  # the gradient of delta u
                    ddelta = us[s] * by_input + LN_2 * tl.sum(by_decay * a, 0)
                    draw = tl.where(valid, ddelta * tl.where(softplus != 0, _sigmoid(raws[s]), 1.0), 0.0)
                    a_sum += by_decay * deltas[s][None, :]
                    bias_sum += draw
                    skip_sum += dys[s] * us[s]
                    du = deltas[s] * by_input + skip * dys[s]
                    tl.store(dx + group * size + at, dxs[s] + du, mask=inside & valid)
                    tl.store(ddt + k * size + at, draw, mask=inside & valid & (has_dt != 0))
                    low, row = row, row + block * rows * width
                    new = ()
                    for r in tl.static_range(RANK):
                        new += (weight_sum[r] + draw * tl.load(proj + low + r).to(tl.float32),)
                        tl.store(dproj + row + r, tl.sum(weight[r] * draw, 0), mask=valid)
                    weight_sum = new
                    dB = tl.sum(g * (deltas[s] * us[s])[None, :], 1)[:, None]
                    dC = tl.sum(states[s + 1] * dys[s][None, :], 1)[:, None]
                    tl.store(dproj + row + RANK + n, dB, mask=(n < STATES) & valid)
                    tl.store(dproj + row + RANK + STATES + n, dC, mask=(n < STATES) & valid)
            # the next order adds to dx, maybe by other threads than those that stored it; the next chunk reuses scratch
            tl.debug_barrier()
        each = orders * channels  # of D and dt_bias
        place = sums + share.to(tl.int64) * each * (STATES + RANK + 2) + constants
        tl.store(place[None, :] + constants[None, :] * (STATES - 1) + n, a_sum, mask=tile)
        for r in tl.static_range(RANK):
            tl.store(place + each * STATES + constants * (RANK - 1) + r, weight_sum[r], mask=inside)
        tl.store(place + each * (STATES + RANK), skip_sum, mask=inside)
        tl.store(place + each * (STATES + RANK + 1), bias_sum, mask=inside)


@triton.jit
def _advance(state, delta, u, a, B, known):
    """The (states, channels) tile after one step."""
    return tl.exp2(delta[None, :] * a) * state + (delta * u)[None, :] * tl.load(B, mask=known, other=0.0).to(tl.float32)


@triton.jit
def _sigmoid(raw):
    e = tl.exp(-tl.abs(raw))
    return tl.where(raw > 0, 1.0, e) / (1.0 + e)
