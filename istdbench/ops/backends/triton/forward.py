"""The forward kernels: each column, a channel of a sentence, belongs to one thread, with all its states in registers.

So nothing is summed across threads, and delta, B and C are computed and read once a column and step. Everything is a
vector over columns, the states a tuple of such vectors.

A long sequence is cut into chunks, which run side by side: `ends` scans each chunk from a zero state, `carry` chains
the ends up to the state before each chunk, and `outputs` (or the backward pass) scans the chunk again from there. For
the backward pass both go through the sequence in both directions at once, in one launch each.

Names as in `istdbench.ops.contract.ScanInputs`; `order` holds the permutations, `orders` counts them. What decides the
shape of the code is constant, and compiles a variant of its own; all else (softplus or not, delta by channel or not, in
one piece or in chunks) is an argument, since each variant costs seconds of a first step.
"""

from __future__ import annotations

import triton
import triton.language as tl

from istdbench.ops.backends.triton.steps import LOG2_E, SIZES, raw_delta, step_size


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
    COLUMNS: tl.constexpr,
    STEPS: tl.constexpr,
):
    """y of a chunk, summed over `orders_each` orders. Programs: (columns, chunks, groups of orders)."""
    index, chunk, group = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS), tl.program_id(1), tl.program_id(2)
    columns = batch * channels
    inside = index < columns
    column = tl.minimum(index, columns - 1)  # threads beyond the last column repeat it, and store nothing
    channel, sentence = column % channels, (column // channels).to(tl.int64)
    size = columns.to(tl.int64) * length
    x += sentence * length * channels + channel
    y += group * size + sentence * length * channels + channel
    dt += sentence * length * channels + channel
    proj += sentence * length * orders * (RANK + 2 * STATES)
    first = chunk * chunk_steps
    chunked = tl.num_programs(1) > 1
    for k in range(group * orders_each, (group + 1) * orders_each):
        constants = k * channels + channel
        a, weight, bias = channel_constants(A, dt_proj, dt_bias, constants, RANK, STATES)
        skip = tl.load(D + constants)
        at = (k * tl.num_programs(1) + chunk).to(tl.int64)
        state = ()
        for n in tl.static_range(STATES):
            state += (tl.load(starts + (at * STATES + n) * columns + column, mask=chunked & inside, other=0.0),)
        for block in range(first, tl.minimum(first + chunk_steps, length), STEPS):
            places, results = (), ()
            for i in tl.static_range(STEPS):
                # a step beyond the end repeats a position with delta = 0: the state stays
                valid = block + i < length
                position = tl.load(order + k * length + tl.minimum(block + i, length - 1)).to(tl.int32)
                place = position * channels
                row = proj + (position * orders + k) * (RANK + 2 * STATES)
                u = tl.load(x + place).to(tl.float32)
                raw = raw_delta(dt + k * size + place, row, weight, bias, has_dt, RANK)
                delta = tl.where(valid, step_size(raw, softplus), 0.0)
                result, new = skip * u, ()
                for n in tl.static_range(STATES):
                    B = tl.load(row + RANK + n).to(tl.float32)
                    C = tl.load(row + RANK + STATES + n).to(tl.float32)
                    new += (tl.exp2(delta * a[n]) * state[n] + delta * u * B,)
                    result += new[n] * C
                state = new
                places += (place,)
                results += (result,)
            # Stored after the block, so that the loads of its steps need not wait for stores. An element of y is
            # read and written by one thread only, the owner of its column: no order can overtake another.
            for i in tl.static_range(STEPS):
                stored = inside & (block + i < length)
                before = tl.load(y + places[i], mask=stored & (k > group * orders_each), other=0.0)
                tl.store(y + places[i], before + results[i], mask=stored)


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
    COLUMNS: tl.constexpr,
    STEPS: tl.constexpr,
):
    """The state after a chunk that starts with none, and the sum of its deltas. Programs: (columns, chunks, orders).

    Programs of a second set of orders, where there are such, go through the chunk backwards: theirs is the gradient of
    the state before the chunk, given that of y.
    """
    index, chunk, both = tl.program_id(0) * COLUMNS + tl.arange(0, COLUMNS), tl.program_id(1), tl.program_id(2)
    k, reverse = both % orders, both >= orders
    columns = batch * channels
    inside = index < columns
    column = tl.minimum(index, columns - 1)
    channel, sentence = column % channels, (column // channels).to(tl.int64)
    here = sentence * length * channels + channel
    dt += k * columns.to(tl.int64) * length + here
    proj += (sentence * length * orders + k) * (RANK + 2 * STATES)
    matrix = tl.where(reverse, RANK + STATES, RANK)  # of C, or of B
    a, weight, bias = channel_constants(A, dt_proj, dt_bias, k * channels + channel, RANK, STATES)
    total = tl.zeros((COLUMNS,), tl.float32)
    state = ()
    for _ in tl.static_range(STATES):
        state += (tl.zeros((COLUMNS,), tl.float32),)
    first, last = chunk * chunk_steps, tl.minimum(chunk * chunk_steps + chunk_steps, length)
    for step in tl.range(first, last, loop_unroll_factor=STEPS):
        t = tl.where(reverse, first + last - 1 - step, step)
        position = tl.load(order + k * length + t).to(tl.int32)
        row, at = proj + position * orders * (RANK + 2 * STATES), here + position * channels
        forwards = tl.load(x + at, mask=inside & (both < orders), other=0.0).to(tl.float32)
        u = forwards + tl.load(dy + at, mask=inside & reverse, other=0.0).to(tl.float32)
        delta = step_size(raw_delta(dt + position * channels, row, weight, bias, has_dt, RANK), softplus)
        total += delta
        new = ()
        for n in tl.static_range(STATES):
            decay = tl.exp2(delta * a[n])
            entering = u * tl.load(row + matrix + n).to(tl.float32)
            new += (decay * state[n] + tl.where(reverse, decay, delta) * entering,)
        state = new
    at = (both * tl.num_programs(1) + chunk).to(tl.int64)
    tl.store(deltas + at * columns + column, total, mask=inside)
    for n in tl.static_range(STATES):
        tl.store(states + (at * STATES + n) * columns + column, state[n], mask=inside)


@triton.jit(do_not_specialize=SIZES)
def carry(
    states,
    deltas,
    A,
    batch,
    channels,
    orders,
    chunks,
    STATES: tl.constexpr,
    ELEMENTS: tl.constexpr,
    STEPS: tl.constexpr,
):
    """Replaces the end of each chunk by the state that the chunk starts from. Programs: (elements of a state, orders).

    Those of a second set of orders go from the last chunk to the first.
    """
    element, both = tl.program_id(0) * ELEMENTS + tl.arange(0, ELEMENTS), tl.program_id(1)
    k, reverse = both % orders, both >= orders
    columns = batch * channels
    inside = element < STATES * columns
    n, column = element // columns, element % columns
    a = LOG2_E * tl.load(A + (k * channels + column % channels) * STATES + n, mask=inside, other=0.0)
    state = tl.zeros((ELEMENTS,), tl.float32)
    for block in range(0, chunks, STEPS):
        places, decays, inputs = (), (), ()
        for i in tl.static_range(STEPS):  # all loads of a block are under way before its first store
            valid = inside & (block + i < chunks)
            chunk = both * chunks + tl.where(reverse, chunks - 1 - block - i, block + i)
            places += (states + chunk.to(tl.int64) * STATES * columns + element,)
            decays += (tl.exp2(a * tl.load(deltas + chunk * columns + column, mask=valid, other=0.0)),)
            inputs += (tl.load(places[i], mask=valid, other=0.0),)
        for i in tl.static_range(STEPS):
            tl.store(places[i], state, mask=inside & (block + i < chunks))
            state = decays[i] * state + inputs[i]


@triton.jit
def channel_constants(A, dt_proj, dt_bias, at, RANK: tl.constexpr, STATES: tl.constexpr):
    """A / ln 2 and dt_proj as tuples of vectors, and dt_bias, of the order and channel of each column."""
    a, weight = (), ()
    for n in tl.static_range(STATES):
        a += (LOG2_E * tl.load(A + at * STATES + n),)
    for r in tl.static_range(RANK):
        weight += (tl.load(dt_proj + at * RANK + r),)
    return a, weight, tl.load(dt_bias + at)
