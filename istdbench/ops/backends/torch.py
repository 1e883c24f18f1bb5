"""Backend `torch`: the scan in PyTorch alone, in blocks that stay in the cache, with a backward that recomputes.

A block is some steps of some orders of some images. Everything but the recurrence is one tensor operation a block; the
recurrence is one in-place multiply-add a step. The gradient g of the state obeys the same recurrence in reverse time:
g_t = C_t dy_t + exp(delta_(t+1) A) g_(t+1).

Within a scan all tensors have the dimensions (length, orders, channels, states, batch), of size 1 where they do not
vary: the mathematics is broadcasting. Where there are more channels than images the two change places. So the last
dimension is always a long run of memory, and sums over states add such runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.ops.contract import ScanInputs
from istdbench.ops.custom_op import scan_op

STEPS = 64  # of a block, at most
ELEMENTS = 2**18  # of a block, of which there are three: fewer pay for calls, more fall out of the cache
_LOG2_E = 1.4426950408889634


class _Group(NamedTuple):
    """Some of the orders, and what all images share in them."""

    where: slice
    order: Tensor  # (length x orders); rows of a tensor (length x all orders, ...) by position, in scan order
    inverse: Tensor  # (length x orders); rows of a tensor (length x orders, ...) in scan order, by position
    positions: Tensor  # (length x orders); `order` for a tensor (length, ...)
    dt_proj: Tensor
    A: Tensor
    D: Tensor
    dt_bias: Tensor


class _Sequences(NamedTuple):
    """Some images in some orders, by step."""

    u: Tensor
    low: Tensor
    raw: Tensor  # delta before the softplus
    delta: Tensor
    B: Tensor
    C: Tensor


class _Scan:
    """A scan but for its images, which it takes some at a time; adds up the gradients of what images share.

    Its x, y and dt are (length, [orders,] channels, batch), or with the last two exchanged; its proj is
    (length, orders, rank + 2 states, batch). `lay` and its relatives get them there and back.
    """

    def __init__(self, inputs: ScanInputs) -> None:
        x, _, _, dt_proj, A, D, dt_bias, orders, self.softplus = inputs
        (batch, length, channels), (count, _, states) = x.shape, A.shape
        self.rank = dt_proj.shape[-1]
        self.steps = max(1, min(STEPS, length))
        sequences = max(1, ELEMENTS // (self.steps * channels * states))  # at a time
        images = max(1, min(batch, sequences))
        group = max(1, min(count, sequences // images))
        self.batch_last = images > channels
        self.pieces = [slice(start, start + images) for start in range(0, batch, images)]
        self.gradients = tuple(torch.zeros_like(tensor) for tensor in (dt_proj, A, D, dt_bias))
        shared = (dt_proj, A, D[..., None], dt_bias[..., None])
        self.groups = [self._group(slice(k, k + group), orders, shared) for k in range(0, count, group)]
        # kept from block to block: memory costs more to get from the system than to compute
        self.blocks = x.new_empty(3, self.steps * group * images * channels * states)

    def lay(self, x: Tensor) -> Tensor:
        """(batch, length, channels) to the layout of a scan."""
        return _batch_last(x) if self.batch_last else x.transpose(0, 1).contiguous()

    def unlay(self, x: Tensor) -> Tensor:
        return _batch_first(x) if self.batch_last else x.transpose(0, 1)

    def forward(self, x: Tensor, dt: Tensor | None, proj: Tensor) -> Tensor:
        """y of some images."""
        y = torch.zeros_like(x)
        for group in self.groups:
            sequences = self._sequences(x, dt, proj, group)
            ys, state = sequences.u * group.D, None
            for block in self._steps(ys):
                decay, states = self._states(sequences, block, group.A, state)
                ys[block] += _dot(states, sequences.C[block], out=decay)
                state = states[-1].clone()
            y += _by_position(ys.squeeze(3), group).sum(1)
        return y

    def backward(self, dy: Tensor, x: Tensor, dt: Tensor | None, proj: Tensor) -> tuple[Tensor, Tensor | None, Tensor]:
        """Gradients of x, dt and proj of some images."""
        dx, ddt, dproj = torch.zeros_like(x), None if dt is None else torch.empty_like(dt), torch.empty_like(proj)
        for group in self.groups:
            sequences = self._sequences(x, dt, proj, group)
            dys = dy.index_select(0, group.positions).view_as(sequences.u)
            du, ddelta, dB, dC, dA = self._gradients(sequences, dys, group.A)
            if self.softplus:
                ddelta *= torch.sigmoid(sequences.raw)
            dlow, ddt_proj = torch.empty_like(sequences.low), torch.empty_like(group.dt_proj)
            for r in self._ranks():
                dlow[:, :, :, r] = (ddelta * group.dt_proj[:, :, :, r]).sum_to_size(dlow[:, :, :, r].shape)
                ddt_proj[:, :, :, r] = (ddelta * sequences.low[:, :, :, r]).sum_to_size(ddt_proj[:, :, :, r].shape)
            dD, dt_bias = ((dys * sequences.u).sum_to_size(group.D.shape), ddelta.sum_to_size(group.D.shape))
            for total, part in zip(self.gradients, (ddt_proj, dA, dD, dt_bias), strict=True):
                total[group.where] += self._flip(part)[0, ..., 0].view_as(total[group.where])
            dx += _by_position(du.addcmul_(dys, group.D).squeeze(3), group).sum(1)
            if ddt is not None:
                ddt[:, group.where] = _by_position(ddelta.squeeze(3), group)
            along_states = self._flip(torch.cat([dlow, dB, dC], 3)).squeeze(2)
            dproj[:, group.where] = _by_position(along_states, group)
        return dx, ddt, dproj

    def _gradients(self, sequences: _Sequences, dys: Tensor, A: Tensor) -> tuple[Tensor, ...]:
        """Gradients of u (without the skip connection), delta, B, C and A."""
        u, _, _, delta, B, C = sequences
        du, ddelta, dB, dC = (torch.empty_like(tensor) for tensor in (u, delta, B, C))
        dA = A.new_zeros(())
        blocks = list(self._steps(u))
        starts: list[Tensor | None] = [None]
        for block in blocks[:-1]:
            starts.append(self._states(sequences, block, A, starts[-1])[1][-1].clone())
        later = None
        for block, start in zip(reversed(blocks), reversed(starts), strict=True):
            decay, states = self._states(sequences, block, A, start)
            g = torch.mul(dys[block], C[block], out=self._block(2, states.shape))
            if later is not None:
                g[-1] += later
            g_steps, decay_steps = g.unbind(), decay.unbind()
            for t in reversed(range(len(g) - 1)):
                g_steps[t].addcmul_(decay_steps[t + 1], g_steps[t + 1])
            by_decay = decay.mul_(g)
            later = by_decay[0].clone()
            by_decay[1:] *= states[:-1]
            by_decay[0] *= 0 if start is None else start  # from here the gradient of delta A
            spare = states
            dC[block] = torch.mul(states, dys[block], out=spare).sum_to_size(dC[block].shape)
            dB[block] = torch.mul(g, delta[block] * u[block], out=spare).sum_to_size(dB[block].shape)
            through_input = _dot(g, B[block], out=spare)
            du[block] = delta[block] * through_input
            ddelta[block] = u[block] * through_input + _dot(by_decay, A, out=spare)
            dA = by_decay.mul_(delta[block]).sum(0, keepdim=True) + dA
        return du, ddelta, dB, dC, dA.sum_to_size(A.shape)

    def _states(self, sequences: _Sequences, block: slice, A: Tensor, start: Tensor | None) -> tuple[Tensor, Tensor]:
        """Decay and state of each step of a block, from the state before it; overwritten by the next call."""
        u, delta, B = sequences.u[block], sequences.delta[block], sequences.B[block]
        shape = torch.broadcast_shapes(delta.shape, B.shape)
        decay = torch.mul(delta, A * _LOG2_E, out=self._block(0, shape)).exp2_()  # exp takes up to three times as long
        states = torch.mul(delta * u, B, out=self._block(1, shape))
        previous = start
        for state, decay_t in zip(states.unbind(), decay.unbind(), strict=True):
            if previous is not None:
                state.addcmul_(decay_t, previous)
            previous = state
        return decay, states

    def _sequences(self, x: Tensor, dt: Tensor | None, proj: Tensor, group: _Group) -> _Sequences:
        u = x.index_select(0, group.positions).unflatten(0, (len(x), -1)).unsqueeze(3)
        raw = _by_step(dt, group).unsqueeze(3) if dt is not None else torch.zeros_like(u)
        states = (proj.shape[2] - self.rank) // 2
        low, B, C = self._flip(_by_step(proj, group).unsqueeze(2)).split([self.rank, states, states], 3)
        raw += group.dt_bias
        for r in self._ranks():
            raw.addcmul_(group.dt_proj[:, :, :, r], low[:, :, :, r])
        return _Sequences(u, low, raw, functional.softplus(raw) if self.softplus else raw, B, C)

    def _group(self, where: slice, orders: Tensor, shared: tuple[Tensor, ...]) -> _Group:
        count, some = len(orders), orders[where].t()
        numbers = torch.arange(count, device=orders.device)[where]
        inverse = orders[where].argsort().t() * len(numbers) + numbers - where.start
        rows = (some * count + numbers, inverse, some)
        flipped = (self._flip(tensor[None, where, ..., None]) for tensor in shared)
        return _Group(where, *(index.flatten() for index in rows), *flipped)

    def _flip(self, tensor: Tensor) -> Tensor:
        """(length, orders, channels, states, batch) to the layout of a scan, and back."""
        return tensor if self.batch_last else tensor.transpose(2, 4)

    def _block(self, number: int, shape: torch.Size) -> Tensor:
        return self.blocks[number, : shape.numel()].view(shape)

    def _steps(self, by_step: Tensor) -> Iterator[slice]:
        return (slice(start, start + self.steps) for start in range(0, len(by_step), self.steps))

    def _ranks(self) -> Iterator[slice]:
        return (slice(r, r + 1) for r in range(self.rank))


def _by_step(tensor: Tensor, group: _Group) -> Tensor:
    """(length, all orders, ...) by position, to (length, orders, ...) in scan order."""
    return tensor.flatten(0, 1).index_select(0, group.order).unflatten(0, (len(tensor), -1))


def _by_position(tensor: Tensor, group: _Group) -> Tensor:
    return tensor.flatten(0, 1).index_select(0, group.inverse).view_as(tensor)


def _batch_last(tensor: Tensor) -> Tensor:
    return tensor.flatten(1).t().contiguous().unflatten(0, tensor.shape[1:])  # PyTorch is fast for matrices only


def _batch_first(tensor: Tensor) -> Tensor:
    return tensor.flatten(0, -2).t().contiguous().unflatten(1, tensor.shape[:-1])


def _dot(matrix: Tensor, vector: Tensor, out: Tensor) -> Tensor:
    """Dot products over the states."""
    return torch.mul(matrix, vector, out=out).sum(3, keepdim=True)


def _forward(inputs: ScanInputs) -> Tensor:
    scan = _Scan(inputs)
    y = torch.empty_like(inputs.x, memory_format=torch.contiguous_format)
    for rows in scan.pieces:
        y[rows] = scan.unlay(scan.forward(*_laid(scan, inputs, rows)))
    return y


def _backward(dy: Tensor, inputs: ScanInputs) -> tuple[Tensor, ...]:
    scan = _Scan(inputs)
    dx, ddt, dproj = (torch.empty_like(tensor, memory_format=torch.contiguous_format) for tensor in inputs[:3])
    for rows in scan.pieces:
        laid = _laid(scan, inputs, rows)
        dx_laid, ddt_laid, dproj_laid = scan.backward(scan.lay(dy[rows]), *laid)
        dx[rows], dproj[rows] = scan.unlay(dx_laid), _batch_first(dproj_laid)
        if ddt_laid is not None:
            for k, one in enumerate(ddt_laid.unbind(1)):
                ddt[k, rows] = scan.unlay(one)
    return dx, ddt, dproj, *scan.gradients


def _laid(scan: _Scan, inputs: ScanInputs, rows: slice) -> tuple[Tensor, Tensor | None, Tensor]:
    """x, dt and proj of some images in the layout of a scan."""
    dt = torch.stack([scan.lay(one[rows]) for one in inputs.dt], 1) if len(inputs.dt) else None
    return scan.lay(inputs.x[rows]), dt, _batch_last(inputs.proj[rows])


multi_scan = scan_op("scan_torch", ScanInputs, _forward, _backward)
