"""Backend `torch`: the scan in PyTorch alone, in blocks that stay in the cache, with a backward that recomputes.

Within a block of steps everything but the recurrence is one tensor operation. The recurrence is one in-place
multiply-add a step, over all orders, a piece of the batch, all channels and all states at once. The gradient g of the
state obeys the same recurrence in reverse time: g_t = C_t dy_t + exp(delta_(t+1) A) g_(t+1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.ops.custom_op import scan_op

STEPS = 64  # of a block
ELEMENTS = 2**16  # of the state of a piece of the batch: fewer pay for calls, more fall out of the cache


class _Piece(NamedTuple):
    """A piece of the batch in scan order, laid out as (length, orders, batch, ...)."""

    u: Tensor  # ..., channels
    raw: Tensor  # ..., channels; delta before the softplus
    delta: Tensor  # ..., channels
    B: Tensor  # ..., states
    C: Tensor  # ..., states


def _forward(
    x: Tensor,
    dt: Tensor,
    proj: Tensor,
    dt_proj: Tensor,
    A: Tensor,
    D: Tensor,
    dt_bias: Tensor,
    orders: Tensor,
    softplus: bool,
) -> Tensor:
    delta, bc = _delta(dt, proj, dt_proj), _bc(proj, dt_proj)
    y = torch.empty_like(x, memory_format=torch.contiguous_format)
    for rows in _pieces(x.shape[0], A):
        piece = _gather(x[rows], delta[:, rows], bc[rows], dt_bias, orders, softplus)
        ys = D[:, None] * piece.u
        state = None
        for block in _blocks(len(ys)):
            _, states = _states(piece, block, A, state)
            ys[block] += _dot(states, piece.C[block])
            state = states[-1]
        y[rows] = _reorder(ys, orders.argsort()).sum(1).transpose(0, 1)
    return y


def _backward(
    dy: Tensor,
    x: Tensor,
    dt: Tensor,
    proj: Tensor,
    dt_proj: Tensor,
    A: Tensor,
    D: Tensor,
    dt_bias: Tensor,
    orders: Tensor,
    softplus: bool,
) -> tuple[Tensor, ...]:
    delta, bc = _delta(dt, proj, dt_proj), _bc(proj, dt_proj)
    dx, ddt, dbc = (torch.empty_like(tensor, memory_format=torch.contiguous_format) for tensor in (x, delta, bc))
    dA, dD, dt_bias_gradient = (torch.zeros_like(tensor) for tensor in (A, D, dt_bias))
    inverse = orders.argsort()
    for rows in _pieces(x.shape[0], A):
        piece = _gather(x[rows], delta[:, rows], bc[rows], dt_bias, orders, softplus)
        dys = _reorder(_each_order(dy[rows], orders), orders)
        du, ddelta, dB, dC = _gradients(piece, dys, A, dA)
        if softplus:
            ddelta *= torch.sigmoid(piece.raw)
        dD += (dys * piece.u).sum((0, 2))
        dt_bias_gradient += ddelta.sum((0, 2))
        dx[rows] = _reorder(du + D[:, None] * dys, inverse).sum(1).transpose(0, 1)
        ddt[:, rows] = _reorder(ddelta, inverse).permute(1, 2, 0, 3)
        dbc[rows] = _reorder(torch.stack([dB, dC], 3), inverse).permute(2, 0, 1, 3, 4)
    low = proj[..., : dt_proj.shape[-1]]
    dlow = torch.einsum("kblc,kcr->blkr", ddt, dt_proj)
    ddt_proj = torch.einsum("kblc,blkr->kcr", ddt, low)
    dproj = torch.cat([dlow, dbc.flatten(3)], 3)
    return dx, ddt if len(dt) else torch.empty_like(dt), dproj, ddt_proj, dA, dD, dt_bias_gradient


def _delta(dt: Tensor, proj: Tensor, dt_proj: Tensor) -> Tensor:
    low = torch.einsum("blkr,kcr->kblc", proj[..., : dt_proj.shape[-1]], dt_proj)
    return low + dt if len(dt) else low


def _bc(proj: Tensor, dt_proj: Tensor) -> Tensor:
    return proj[..., dt_proj.shape[-1] :].unflatten(3, (2, -1))


def _gradients(piece: _Piece, dys: Tensor, A: Tensor, dA: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Gradients of u (without the skip connection), delta, B and C; adds to dA that of A."""
    u, _, delta, B, C = piece
    du, ddelta, dB, dC = (torch.empty_like(tensor) for tensor in (u, delta, B, C))
    blocks = list(_blocks(len(u)))
    starts: list[Tensor | None] = [None]
    for block in blocks[:-1]:
        starts.append(_states(piece, block, A, starts[-1])[1][-1])
    later = None
    for block, start in zip(reversed(blocks), reversed(starts), strict=True):
        decay, states = _states(piece, block, A, start)
        g = dys[block].unsqueeze(-1) * C[block].unsqueeze(-2)
        if later is not None:
            g[-1] += later
        g_steps, decay_steps = g.unbind(), decay.unbind()
        for t in reversed(range(len(g) - 1)):
            g_steps[t].addcmul_(decay_steps[t + 1], g_steps[t + 1])
        later = decay[0] * g[0]

        dC[block] = _dot_rows(dys[block], states)
        dB[block] = _dot_rows(delta[block] * u[block], g)
        through_input = _dot(g, B[block])
        du[block] = delta[block] * through_input
        by_decay = decay.mul_(g)  # from here: the gradient of delta A
        by_decay[1:] *= states[:-1]
        by_decay[0] *= 0 if start is None else start
        ddelta[block] = u[block] * through_input + (by_decay * A[:, None]).sum(-1)
        dA += by_decay.mul_(delta[block].unsqueeze(-1)).sum((0, 2))
    return du, ddelta, dB, dC


def _states(piece: _Piece, block: slice, A: Tensor, start: Tensor | None) -> tuple[Tensor, Tensor]:
    """Decay and state of each step of a block, (steps, orders, batch, channels, states), from the state before it."""
    delta = piece.delta[block]
    decay = torch.exp_(delta.unsqueeze(-1) * A[:, None])
    states = (delta * piece.u[block]).unsqueeze(-1) * piece.B[block].unsqueeze(-2)
    previous = start
    for state, decay_t in zip(states.unbind(), decay.unbind(), strict=True):
        if previous is not None:
            state.addcmul_(decay_t, previous)
        previous = state
    return decay, states


def _gather(x: Tensor, dt: Tensor, bc: Tensor, dt_bias: Tensor, orders: Tensor, softplus: bool) -> _Piece:
    u = _reorder(_each_order(x, orders), orders)
    raw = _reorder(dt.permute(2, 0, 1, 3), orders) + dt_bias[:, None]
    B, C = _reorder(bc.permute(1, 2, 0, 3, 4), orders).unbind(3)
    return _Piece(u, raw, functional.softplus(raw) if softplus else raw, B, C)


def _each_order(x: Tensor, orders: Tensor) -> Tensor:
    return x.transpose(0, 1)[:, None].expand(-1, len(orders), -1, -1)


def _reorder(tensor: Tensor, orders: Tensor) -> Tensor:
    """Row orders[k, t] of (length, orders, ...) becomes row t, for each order k."""
    return tensor[orders.t(), torch.arange(len(orders), device=orders.device)]


def _dot(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def _dot_rows(vector: Tensor, matrix: Tensor) -> Tensor:
    return (vector.unsqueeze(-2) @ matrix).squeeze(-2)


def _pieces(batch: int, A: Tensor) -> Iterator[slice]:
    size = max(1, ELEMENTS // A.numel())
    return (slice(start, start + size) for start in range(0, batch, size))


def _blocks(length: int) -> Iterator[slice]:
    return (slice(start, start + STEPS) for start in range(0, length, STEPS))


multi_scan = scan_op("torch", _forward, _backward)
