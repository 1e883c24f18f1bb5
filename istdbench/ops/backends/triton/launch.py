"""Launches the kernels: how the work of a scan is cut into programs, and the memory between the kernels."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import torch
from torch import Tensor

from istdbench.ops.backends.triton import backward, cut, forward
from istdbench.ops.contract import ScanInputs

ELEMENTS = 32  # of a program that chains chunks: one a thread of a warp
instead: Callable[[Any, tuple[Any, ...], dict[str, Any]], None] | None = None
"""What is told of each launch in its place, while kernels are compiled ahead; None: they are launched."""


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
        self._launch(
            forward.outputs,
            (ceil(self.columns / self.cut.columns), self.chunks, self.groups),
            *(*self.inputs, self._boundaries(), y, *self.sizes, self.orders_each, *self.how),
            **self.widths | self.forward_program,
        )
        return _total(y)

    def backward(self, dy: Tensor) -> tuple[Tensor, ...]:
        """The gradients of the first seven inputs, given that of y."""
        dy = dy.contiguous()
        lanes = min(self.cut.lanes, _power_of_two(self.states))
        held = _power_of_two(ceil(self.states / lanes))
        wide = 32 // lanes  # channels of a part
        parts = max(1, min(self.cut.tile // (32 * held), _power_of_two(ceil(self.channels / wide))))
        blocks = ceil(self.channels / (wide * parts))
        shares = min(self.batch * self.chunks, max(1, self.cut.shares // (blocks * self.groups)))
        dx, ddt, dproj = (
            self._new(self.groups, *self.x.shape),
            self._new(*self.dt.shape),
            self._new(blocks, *self.proj.shape),
        )
        parameters = [self._new(shares, *like.shape) for like in (self.dt_proj, self.A, self.D, self.dt_bias)]
        scratch = self._new(self.groups * blocks * shares, self.chunk // lanes, held, 32 * parts)
        self._launch(
            backward.gradients,
            (shares, blocks, self.groups),
            *(dy, *self.inputs, self._boundaries(dy), scratch, dx, ddt, dproj, *parameters),
            *(*self.sizes, self.orders_each, self.chunks, *self.how),
            **self.widths | {"HELD": held, "LANES": lanes, "PARTS": parts, "num_warps": 1},
        )
        return _total(dx), ddt, _total(dproj), *(_total(parameter) for parameter in parameters)

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
        self._launch(
            forward.ends,
            (ceil(self.columns / self.cut.columns), self.chunks, sets),
            *(x, self._new(0) if dy is None else dy, dt, proj, dt_proj, A, dt_bias, orders),
            *(states, deltas, *self.sizes, *self.how),
            **self.widths | self.forward_program,
        )
        self._launch(
            forward.carry,
            (ceil(self.states * self.columns / ELEMENTS), sets),
            *(states, deltas, A, self.batch, self.channels, self.K, self.chunks),
            **{"STATES": self.states, "ELEMENTS": ELEMENTS, "STEPS": self.cut.ends, "num_warps": 1},
        )
        return states

    def _new(self, *shape: int) -> Tensor:
        return self.x.new_empty(shape, dtype=torch.float32)

    def _launch(self, kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
        if not all(grid):
            return
        if instead is not None:
            instead(kernel, arguments, constants)
        else:
            with torch.cuda.device_of(self.x):
                kernel[grid](*arguments, **constants)


def _total(parts: Tensor) -> Tensor:
    """The sum over the first dimension; a sum of one takes no kernel."""
    return parts.squeeze(0) if len(parts) == 1 else parts.sum(0)


def _power_of_two(number: int) -> int:
    """The least power of two that is not less."""
    return 1 << (number - 1).bit_length()
