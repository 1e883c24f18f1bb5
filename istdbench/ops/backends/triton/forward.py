"""The forward kernels: one warp takes a sentence, or a chunk of it, and a block of channels.

A long sequence is cut into chunks, which run side by side: `ends` scans each chunk from a zero state, `carry` chains
the ends up to the state before each chunk, and `outputs` (or the backward pass) scans the chunk again from there. For
the backward pass both go through the sequence in both directions at once, in one launch each.

Tiles are those of `istdbench.ops.backends.triton.steps`. Names as in `istdbench.ops.contract.ScanInputs`; `order`
holds the permutations, `orders` counts them. What decides the shape of the code is constant, and compiles a variant of
its own; all else (softplus or not, delta by channel or not, in one piece or in chunks) is an argument, since each
variant costs seconds of a first step.
"""

from __future__ import annotations

import triton
import triton.language as tl

from istdbench.ops.backends.triton.steps import (
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
def outputs(
    x,
    dt,
    proj,
    dt_proj,
    A,
    D,
    dt_bias,
    order,
    starts,
    y,
    batch,
    length,
    channels,
    orders,
    orders_each,
    chunk_steps,
    has_dt,
    softplus,
    RANK: tl.constexpr,
    STATES: tl.constexpr,
    HELD: tl.constexpr,
    LANES: tl.constexpr,
    PARTS: tl.constexpr,
):
    """y of a chunk, summed over `orders_each` orders. Programs: (sentences and blocks of channels, chunks, groups)."""
    program, chunk, group = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    sentence, block = (program % batch).to(tl.int64), program // batch
    n, is_state, lane, channel, inside = axes(block, channels, STATES, HELD, LANES, PARTS)
    columns = batch * channels
    size = columns.to(tl.int64) * length
    here, last = sentence * length * channels + channel + 0 * lane, tl.minimum((chunk + 1) * chunk_steps, length)
    for k in range(group * orders_each, (group + 1) * orders_each):
        constants, order_here = k * channels + channel, order + k * length
        a = LOG2_E * tl.load(A + constants * STATES + n, mask=is_state, other=0.0)
        bias, skip = tl.load(dt_bias + constants), tl.load(D + constants)
        start = ((k * tl.num_programs(1) + chunk).to(tl.int64) * STATES + n) * columns + sentence * channels + channel
        state = tl.load(starts + start, mask=is_state & (tl.num_programs(1) > 1), other=0.0)
        rows = proj + (sentence * length * orders + k) * (RANK + 2 * STATES)
        for step in range(chunk * chunk_steps, last, LANES):
            # a step beyond the end repeats a position with delta = 0: the state stays
            valid = step + lane < last
            position = tl.load(order_here + tl.minimum(step + lane, last - 1)).to(tl.int32)
            at, low = here + position * channels, rows + position * orders * (RANK + 2 * STATES)
            delta = step_size(
                raw_delta(dt + k * size + at, low, dt_proj + constants * RANK, bias, has_dt, RANK), softplus
            )
            delta = tl.where(valid, delta, 0.0)
            known, there = inside & valid, y + group * size + at
            before = tl.load(there, mask=known & (k > group * orders_each), other=0.0)
            result = skip * tl.load(x + at).to(tl.float32)
            for s in tl.static_range(LANES):
                place = tl.load(order_here + tl.minimum(step + s, last - 1)).to(tl.int32)
                u = tl.load(x + here + place * channels).to(tl.float32)
                row = rows + place * orders * (RANK + 2 * STATES) + RANK + n
                B = tl.load(row, mask=is_state, other=0.0).to(tl.float32)
                C = tl.load(row + STATES, mask=is_state, other=0.0).to(tl.float32)
                d = of_step(delta, s, lane)
                state = tl.exp2(d * a) * state + d * u * B
                result += tl.where(lane == s, over_states(state * C), 0.0)
            tl.store(there, before + result, mask=known)
        tl.debug_barrier()  # the next order adds to y, maybe by other threads than those that stored it


@triton.jit(do_not_specialize=SIZES)
def ends(
    x,
    dy,
    dt,
    proj,
    dt_proj,
    A,
    dt_bias,
    order,
    states,
    deltas,
    batch,
    length,
    channels,
    orders,
    chunk_steps,
    has_dt,
    softplus,
    RANK: tl.constexpr,
    STATES: tl.constexpr,
    HELD: tl.constexpr,
    LANES: tl.constexpr,
    PARTS: tl.constexpr,
):
    """The state after a chunk that starts with none, and the sum of its deltas.

    Programs: (sentences and blocks of channels, chunks, orders). Those of a second set of orders, where there are such,
    go through the chunk backwards: theirs is the gradient of the state before the chunk, given that of y.
    """
    program, chunk, both = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    sentence, block = (program % batch).to(tl.int64), program // batch
    k, reverse = both % orders, both >= orders
    n, is_state, lane, channel, inside = axes(block, channels, STATES, HELD, LANES, PARTS)
    columns = batch * channels
    here, constants, order_here = (
        sentence * length * channels + channel + 0 * lane,
        k * channels + channel,
        order + k * length,
    )
    dt += k * columns.to(tl.int64) * length
    rows = proj + (sentence * length * orders + k) * (RANK + 2 * STATES)
    matrix = tl.where(reverse, RANK + STATES, RANK)  # of C, or of B
    a = LOG2_E * tl.load(A + constants * STATES + n, mask=is_state, other=0.0)
    bias = tl.load(dt_bias + constants)
    state, total = tl.zeros_like(a), tl.zeros((1, PARTS, LANES, 32 // LANES), tl.float32)
    first, last = chunk * chunk_steps, tl.minimum(chunk * chunk_steps + chunk_steps, length)
    for step in range(first, last, LANES):
        # a step beyond the end repeats a position with delta = 0 and u = 0: the state stays
        valid = step + lane < last
        t = tl.minimum(step + lane, last - 1)
        position = tl.load(order_here + tl.where(reverse, first + last - 1 - t, t)).to(tl.int32)
        low = rows + position * orders * (RANK + 2 * STATES)
        raw = raw_delta(dt + here + position * channels, low, dt_proj + constants * RANK, bias, has_dt, RANK)
        delta = tl.where(valid, step_size(raw, softplus), 0.0)
        total += delta
        for s in tl.static_range(LANES):
            t = tl.minimum(step + s, last - 1)
            place = tl.load(order_here + tl.where(reverse, first + last - 1 - t, t)).to(tl.int32)
            at, known = here + place * channels, inside & (step + s < last)
            u = tl.load(x + at, mask=known & (both < orders), other=0.0).to(tl.float32)
            u += tl.load(dy + at, mask=known & reverse, other=0.0).to(tl.float32)
            row = rows + place * orders * (RANK + 2 * STATES) + matrix + n
            d = of_step(delta, s, lane)
            decay, entering = tl.exp2(d * a), u * tl.load(row, mask=is_state, other=0.0).to(tl.float32)
            state = decay * state + tl.where(reverse, decay, d) * entering
    at, column = (both * tl.num_programs(1) + chunk).to(tl.int64), sentence * channels + channel
    tl.store(deltas + at * columns + column, over_lanes(total), mask=inside)
    tl.store(states + (at * STATES + n) * columns + column, state, mask=inside & is_state)


@triton.jit(do_not_specialize=SIZES)
def carry(
    states,
    deltas,
    A,
    starts,
    batch,
    channels,
    orders,
    chunks,
    STATES: tl.constexpr,
    ELEMENTS: tl.constexpr,
    ENDS: tl.constexpr,
):
    """The state that each chunk starts from, given the ends of all. Programs: (elements of a state, orders).

    Those of a second set of orders go from the last chunk to the first.
    """
    element, both = tl.program_id(0) * ELEMENTS + tl.arange(0, ELEMENTS)[None, :], tl.program_id(1)
    k, reverse = both % orders, both >= orders
    columns = batch * channels
    inside = element < STATES * columns
    n, column = element // columns, element % columns
    a = LOG2_E * tl.load(A + (k * channels + column % channels) * STATES + n, mask=inside, other=0.0)
    i, state = tl.arange(0, ENDS)[:, None], tl.zeros((1, ELEMENTS), tl.float32)
    first = (both * chunks + tl.where(reverse, chunks - 1, 0)).to(tl.int64)
    tl.store(starts + first * STATES * columns + element, state, mask=inside)
    for block in range(0, chunks, ENDS):
        chunk = first + tl.where(reverse, -1, 1) * (block + i)
        known = inside & (block + i < chunks)
        decay = tl.exp2(a * tl.load(deltas + chunk * columns + column, mask=known, other=0.0))
        end = tl.load(states + chunk * STATES * columns + element, mask=known, other=0.0)
        decay, end = tl.associative_scan((decay, end), 0, _one_after_the_other)
        end += decay * state
        after = chunk + tl.where(reverse, -1, 1)
        tl.store(starts + after * STATES * columns + element, end, mask=inside & (block + i + 1 < chunks))
        state = tl.sum(tl.where(i == ENDS - 1, end, 0.0), 0, keep_dims=True)


@triton.jit
def _one_after_the_other(decay, end, next_decay, next_end):
    """Two pieces as one."""
    return decay * next_decay, next_decay * end + next_end
