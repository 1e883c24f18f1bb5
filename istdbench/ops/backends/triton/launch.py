"""Launches the kernels: how the work of a scan is cut into programs, and the memory between the kernels."""

from __future__ import annotations

from math import ceil

import torch
from torch import Tensor

from istdbench.ops.backends.triton import backward, cut, forward
from istdbench.ops.backends.triton.start import start
from istdbench.ops.contract import ScanInputs

ELEMENTS = 32  # of a program that chains chunks: one a thread of a warp


class Scan:
    """One call of the scan.

    x, dt and proj may be in half precision; everything is computed, and returned, in float32. That each row of orders
    is a permutation is not checked: it would mean waiting for the GPU.
    """

    def __init__(self, inputs: ScanInputs) -> None:
        *tensors, softplus = inputs
        self.inputs = [tensor.contiguous() for tensor in tensors]
        self.x, self.dt, self.proj, self.dt_proj, self.A, self.D, self.dt_bias, self.orders = self.inputs
        self.batch, self.length, self.channels = self.x.shape
        self.K, _, self.states = self.A.shape
        self.rank = self.dt_proj.shape[-1]
        self.columns = self.batch * self.channels
        self.cut = cut.cut_of(self.x.device)
        self.chunk, self.chunks = self.cut.pieces(self.length, self.columns, self.K)
        self.orders_each = self.K if self.chunks == 1 else 1
        self.groups = self.K // self.orders_each
        self.sizes = (self.batch, self.length, self.channels, self.K)
        self.how = (self.chunk, int(self.dt.numel() > 0), int(softplus))
        self.widths = {"RANK": self.rank, "STATES": self.states}
        self.forward_program = {
            "COLUMNS": self.cut.columns,
            "STEPS": self.cut.unrolled(self.states),
            "num_warps": self.cut.warps(),
        }

    def forward(self) -> Tensor:
        """y, (batch, length, channels)."""
        y = self._new(self.groups, *self.x.shape)
        start(
            forward.outputs,
            (ceil(self.columns / self.cut.columns), self.chunks, self.groups),
            *(*self.inputs, self._boundaries(), y, *self.sizes, self.orders_each, *self.how),
            **self.widths | self.forward_program,
        )
        return _summed(y)

    def backward(self, dy: Tensor) -> tuple[Tensor, ...]:
        """The gradients of the first seven inputs, given that of y; those of parameters share memory."""
        dy = dy.contiguous()
        block_states = _power_of_two(self.states)
        block_channels = min(_power_of_two(self.channels), max(1, self.cut.tile // block_states))
        blocks, kept = ceil(self.channels / block_channels), self.cut.kept
        shares = min(self.batch * self.chunks, max(1, self.cut.shares // (blocks * self.groups)))
        dx, ddt, dproj = (
            self._new(self.groups, *self.x.shape),
            self._new(*self.dt.shape),
            self._new(blocks, *self.proj.shape),
        )
        parameters = [self.A, self.dt_proj, self.D, self.dt_bias]
        sums = self._new(shares, sum(parameter.numel() for parameter in parameters))
        scratch = self._new(self.groups * blocks * shares, self.chunk // kept, block_states, block_channels)
        tile = {"BLOCK_STATES": block_states, "BLOCK_CHANNELS": block_channels, "STEPS": kept, "num_warps": 1}
        start(
            backward.gradients,
            (shares, blocks, self.groups),
            *(dy, *self.inputs, self._boundaries(dy), scratch, dx, ddt, dproj, sums),
            *(*self.sizes, self.orders_each, self.chunks, *self.how),
            **self.widths | tile,
        )
        parts = _summed(sums).split([parameter.numel() for parameter in parameters])
        dA, ddt_proj, dD, ddt_bias = (part.view_as(like) for part, like in zip(parts, parameters, strict=True))
        return _summed(dx), ddt, _summed(dproj), ddt_proj, dA, dD, ddt_bias

    def _boundaries(self, dy: Tensor | None = None) -> Tensor:
        """The state before each chunk, (orders, chunks, states, columns).

        With the gradient of y, twice as many: those of the states after the chunks follow.
        """
        if self.chunks <= 1:
            return self._new(0)
        sets = self.K if dy is None else 2 * self.K
        states, deltas = (
            self._new(sets, self.chunks, self.states, self.columns),
            self._new(sets, self.chunks, self.columns),
        )
        x, dt, proj, dt_proj, A, _, dt_bias, orders = self.inputs
        start(
            forward.ends,
            (ceil(self.columns / self.cut.columns), self.chunks, sets),
            *(x, self._new(0) if dy is None else dy, dt, proj, dt_proj, A, dt_bias, orders),
            *(states, deltas, *self.sizes, *self.how),
            **self.widths | self.forward_program,
        )
        start(
            forward.carry,
            (ceil(self.states * self.columns / ELEMENTS), sets),
            *(states, deltas, A, self.batch, self.channels, self.K, self.chunks),
            **{"STATES": self.states, "ELEMENTS": ELEMENTS, "STEPS": self.cut.ends, "num_warps": 1},
        )
        return states

    def _new(self, *shape: int) -> Tensor:
        return self.x.new_empty(shape, dtype=torch.float32)


def _summed(parts: Tensor) -> Tensor:
    """The sum over the first dimension, without a kernel where it has one part."""
    return parts[0] if len(parts) == 1 else parts.sum(0)


def _power_of_two(number: int) -> int:
    """The least power of two that is not less."""
    return 1 << (number - 1).bit_length()
