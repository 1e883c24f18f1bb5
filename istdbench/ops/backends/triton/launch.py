"""Launches the kernels: how the work of a scan is cut into programs, and the memory between the kernels."""

from __future__ import annotations

from math import ceil

import torch
from torch import Tensor

from istdbench.ops.backends.triton import backward, cut, forward
from istdbench.ops.backends.triton.start import start
from istdbench.ops.contract import ScanInputs

ELEMENTS = 8  # of a program that chains chunks: what is read from memory at once


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
        self.forward_tile, self.blocks = self._tile(self.cut.forward_tile)
        self.chunk, self.chunks = self.cut.pieces(self.length, self.batch * self.blocks * self.K)
        self.orders_each = self.K if self.chunks == 1 else 1
        self.groups = self.K // self.orders_each
        self.sizes = (self.batch, self.length, self.channels, self.K)
        self.how = (self.chunk, int(self.dt.numel() > 0), int(softplus))

    def forward(self) -> Tensor:
        """y, (batch, length, channels)."""
        y = self._new(self.groups, *self.x.shape)
        start(
            forward.outputs,
            (self.batch * self.blocks, self.chunks, self.groups),
            *(*self.inputs, self._boundaries(), y, *self.sizes, self.orders_each, *self.how),
            **self.forward_tile,
        )
        return _summed(y)

    def backward(self, dy: Tensor) -> tuple[Tensor, ...]:
        """The gradients of the first seven inputs, given that of y; those of parameters share memory."""
        dy = dy.contiguous()
        tile, blocks = self._tile(self.cut.backward_tile)
        shares = min(self.batch * self.chunks, max(1, self.cut.shares // (blocks * self.groups)))
        dx, ddt, dproj = (
            self._new(self.groups, *self.x.shape),
            self._new(*self.dt.shape),
            self._new(blocks, *self.proj.shape),
        )
        parameters = [self.A, self.dt_proj, self.D, self.dt_bias]
        sums = self._new(shares, sum(parameter.numel() for parameter in parameters))
        scratch = self._new(
            self.groups * blocks * shares, self.chunk // tile["LANES"], tile["HELD"], 32 * tile["PARTS"]
        )
        start(
            backward.gradients,
            (shares, blocks, self.groups),
            *(dy, *self.inputs, self._boundaries(dy), scratch, dx, ddt, dproj, sums),
            *(*self.sizes, self.orders_each, self.chunks, *self.how),
            **tile | {"maxnreg": self.cut.registers},
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
        states, starts = (self._new(sets, self.chunks, self.states, self.columns) for _ in range(2))
        deltas = self._new(sets, self.chunks, self.columns)
        x, dt, proj, dt_proj, A, _, dt_bias, orders = self.inputs
        start(
            forward.ends,
            (self.batch * self.blocks, self.chunks, sets),
            *(x, self._new(0) if dy is None else dy, dt, proj, dt_proj, A, dt_bias, orders),
            *(states, deltas, *self.sizes, *self.how),
            **self.forward_tile,
        )
        start(
            forward.carry,
            (ceil(self.states * self.columns / ELEMENTS), sets),
            *(states, deltas, A, starts, self.batch, self.channels, self.K, self.chunks),
            **{"STATES": self.states, "ELEMENTS": ELEMENTS, "ENDS": self.cut.ends, "num_warps": 4},
        )
        return starts

    def _tile(self, elements: int) -> tuple[dict[str, int], int]:
        """The constants of a program, one warp that takes at most so many states times channels; how many there are."""
        lanes = min(self.cut.lanes, _power_of_two(self.states))
        held = _power_of_two(ceil(self.states / lanes))
        part = 32 // lanes
        # with more parts, what belongs to a channel is no smaller than a warp, and triton lays it out in another way
        parts = min(max(1, elements // (32 * held)), max(1, lanes // 2), _power_of_two(ceil(self.channels / part)))
        constants = {"RANK": self.rank, "STATES": self.states, "HELD": held, "LANES": lanes, "PARTS": parts}
        return constants | {"num_warps": 1}, ceil(self.channels / (part * parts))

    def _new(self, *shape: int) -> Tensor:
        return self.x.new_empty(shape, dtype=torch.float32)


def _summed(parts: Tensor) -> Tensor:
    """The sum over the first dimension, without a kernel where it has one part."""
    return parts[0] if len(parts) == 1 else parts.sum(0)


def _power_of_two(number: int) -> int:
    """The least power of two that is not less."""
    return 1 << (number - 1).bit_length()
