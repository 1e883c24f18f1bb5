"""The backward kernel: one warp takes chunks of sentences and a block of channels, order by order.

States are computed again: once through, keeping the state before each block of steps in scratch memory, then block by
block from the last, keeping those of the block in registers.

Tiles as in `istdbench.ops.backends.triton.steps`, names as in `istdbench.ops.backends.triton.forward`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from istdbench.ops.backends.triton.steps import (
    LN_2,
    LOG2_E,
    SIZES,
    axes,
    of_step,
    over_lanes,
    over_states,
    raw_delta,
    step_size,
)


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
    HELD: tl.constexpr,
    LANES: tl.constexpr,
    PARTS: tl.constexpr,
):
    """All gradients of some chunks of some sentences. Programs: (share of the chunks, channels, groups of orders).

    dx is summed over the orders of a group, dproj over the channels of a program, the gradients of the parameters over
    its chunks: `sums` holds, for each share, those of A, dt_proj, D and dt_bias one after the other.
    """
    share, block, group = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    shares, blocks = tl.num_programs(0), tl.num_programs(1)
    width: tl.constexpr = RANK + 2 * STATES
    n, is_state, lane, channel, inside = axes(block, channels, STATES, HELD, LANES, PARTS)
    nothing = tl.zeros((1, PARTS, LANES, 32 // LANES), tl.float32)
    columns = batch * channels
    size, rows = columns.to(tl.int64) * length, (tl.zeros((), tl.int64) + batch) * length * orders
    area: tl.constexpr = HELD * PARTS * 32
    scratch += ((group * blocks + block) * shares + share).to(tl.int64) * (chunk_steps // LANES * area)
    scratch += _places(HELD, LANES, PARTS)
    each = orders * channels  # of D and dt_bias
    sums += share.to(tl.int64) * each * (STATES + RANK + 2)
    for k in range(group * orders_each, (group + 1) * orders_each):
        constants = k * channels + channel
        a = LOG2_E * tl.load(A + constants * STATES + n, mask=is_state, other=0.0)
        bias, skip = tl.load(dt_bias + constants), tl.load(D + constants)
        a_sum, bias_sum, skip_sum = tl.zeros_like(a), nothing, nothing
        weight = dt_proj + constants * RANK
        by_weight = sums + each * STATES + constants * RANK
        for r in range(RANK):
            tl.store(by_weight + r, tl.zeros_like(bias), mask=inside)
        for item in range(share, batch * chunks, shares):
            sentence, chunk = (item // chunks).to(tl.int64), item % chunks
            first, last = chunk * chunk_steps, tl.minimum(chunk * chunk_steps + chunk_steps, length)
            last_block = (last - 1 - first) // LANES
            here, order_here = sentence * length * channels + channel + 0 * lane, order + k * length
            row_here = sentence * length * orders + k
            # gradients of the states after the chunks follow the states before them
            boundary = ((k * chunks + chunk).to(tl.int64) * STATES + n) * columns + sentence * channels + channel
            after = boundary + orders * chunks * STATES * columns.to(tl.int64)
            chunked = is_state & inside & (chunks > 1)
            state = tl.load(boundaries + boundary, mask=chunked, other=0.0)
            later = tl.load(boundaries + after, mask=chunked, other=0.0)
            for i in range(last_block):
                tl.store(scratch + i * area, state)
                step = first + i * LANES
                position = tl.load(order_here + step + lane).to(tl.int32)
                row, at = proj + (row_here + position * orders) * width, here + position * channels
                delta = step_size(raw_delta(dt + k * size + at, row, weight, bias, has_dt, RANK), softplus)
                for s in tl.static_range(LANES):
                    place = tl.load(order_here + step + s).to(tl.int32)
                    row = proj + (row_here + place * orders) * width + RANK
                    u = tl.load(x + here + place * channels).to(tl.float32)
                    state = _advance(state, of_step(delta, s, lane), u, a, row + n, is_state)
            tl.store(scratch + last_block * area, state)
            tl.debug_barrier()  # a thread may load what another stored
            for i in range(last_block, -1, -1):
                step = first + i * LANES
                # a step beyond the end repeats a position with delta = 0 and dy = 0: nothing comes of it
                valid = step + lane < last
                position = tl.load(order_here + tl.minimum(step + lane, last - 1)).to(tl.int32)
                low, at = (row_here + position * orders) * width, here + position * channels
                raw = raw_delta(dt + k * size + at, proj + low, weight, bias, has_dt, RANK)
                delta = tl.where(valid, step_size(raw, softplus), 0.0)
                states, deltas, us, rows_of, places = (tl.load(scratch + i * area),), (), (), (), ()
                for s in tl.static_range(LANES):
                    places += (tl.load(order_here + tl.minimum(step + s, last - 1)).to(tl.int32),)
                    rows_of += ((row_here + places[s] * orders) * width + RANK + n,)
                    deltas += (of_step(delta, s, lane),)
                    us += (tl.load(x + here + places[s] * channels).to(tl.float32),)
                    states += (_advance(states[s], deltas[s], us[s], a, proj + rows_of[s], is_state),)
                by_entering, by_exponent = nothing, nothing  # gradients of delta u, and of delta by what A makes of it
                for s in tl.static_range(LANES - 1, -1, -1):
                    known = inside & (step + s < last)
                    v = tl.load(dy + here + places[s] * channels, mask=known, other=0.0).to(tl.float32)
                    B = tl.load(proj + rows_of[s], mask=is_state, other=0.0).to(tl.float32)
                    C = tl.load(proj + rows_of[s] + STATES, mask=is_state, other=0.0).to(tl.float32)
                    g = later + C * v  # the gradient of the state after the step
                    later = g * tl.exp2(deltas[s] * a)  # and of the state before it
                    by_decay = later * states[s]  # the gradient of delta A
                    a_sum += by_decay * deltas[s]
                    by_entering = tl.where(lane == s, over_states(g * B), by_entering)
                    by_exponent = tl.where(lane == s, over_states(by_decay * a), by_exponent)
                    into, stored = dproj + block * rows * width + rows_of[s], is_state & (step + s < last)
                    tl.store(into, _over_channels(g * (deltas[s] * us[s])), mask=stored)
                    tl.store(into + STATES, _over_channels(states[s + 1] * v), mask=stored)
                known, there = inside & valid, dx + group * size + at
                u, v = tl.load(x + at).to(tl.float32), tl.load(dy + at, mask=known, other=0.0).to(tl.float32)
                slope = tl.where(softplus != 0, _sigmoid(raw), 1.0)
                draw = tl.where(valid, (u * by_entering + LN_2 * by_exponent) * slope, 0.0)
                bias_sum += draw
                skip_sum += v * u
                du = tl.load(there, mask=known & (k > group * orders_each), other=0.0)
                tl.store(there, du + delta * by_entering + skip * v, mask=known)
                tl.store(ddt + k * size + at, draw, mask=known & (has_dt != 0))
                for r in range(RANK):
                    by_low = _over_channels(tl.load(weight + r) * draw)
                    tl.store(dproj + block * rows * width + low + r, by_low, mask=valid)
                    found = over_lanes(draw * tl.load(proj + low + r).to(tl.float32))
                    tl.store(by_weight + r, tl.load(by_weight + r, mask=inside, other=0.0) + found, mask=inside)
                # what is added to later, by the next block or order, may then be loaded by other threads; and scratch
                # memory is used again
                tl.debug_barrier()
        tl.store(sums + constants * STATES + n, a_sum, mask=inside & is_state)
        tl.store(sums + each * (STATES + RANK) + constants, over_lanes(skip_sum), mask=inside)
        tl.store(sums + each * (STATES + RANK + 1) + constants, over_lanes(bias_sum), mask=inside)


@triton.jit
def _places(HELD: tl.constexpr, LANES: tl.constexpr, PARTS: tl.constexpr):
    """Where a tile lies in scratch memory: what a thread holds is contiguous."""
    held, part = tl.arange(0, HELD)[:, None, None, None], tl.arange(0, PARTS)[None, :, None, None]
    lane, c = tl.arange(0, LANES)[None, None, :, None], tl.arange(0, 32 // LANES)[None, None, None, :]
    return ((lane * (32 // LANES) + c) * PARTS + part) * HELD + held


@triton.jit
def _advance(state, delta, u, a, B, known):
    """The states after one step."""
    return tl.exp2(delta * a) * state + delta * u * tl.load(B, mask=known, other=0.0).to(tl.float32)


@triton.jit
def _over_channels(tile):
    return tl.sum(tl.sum(tile, 1, keep_dims=True), 3, keep_dims=True)


@triton.jit
def _sigmoid(raw):
    e = tl.exp(-tl.abs(raw))
    return tl.where(raw > 0, 1.0, e) / (1.0 + e)
