"""Launches the kernels: how the work of a scan is cut into programs, and the memory between the kernels."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

import torch
from torch import Tensor

from istdbench.ops.backends.triton import backward, cut, forward
from istdbench.ops.contract import ScanInputs

ELEMENTS = 8  # of a program that chains chunks: what is read from memory at once
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
        self.forward_tile, self.blocks = self._tile(self.cut.forward_tile)
        self.chunk, self.chunks = self.cut.pieces(self.length, self.batch * self.blocks * self.K)
        self.orders_each = self.K if self.chunks == 1 else 1
        self.groups = self.K // self.orders_each
        self.sizes = (self.batch, self.length, self.channels, self.K)
        self.how = (self.chunk, int(self.dt.numel() > 0), int(softplus))

    def forward(self) -> Tensor:
        """y, (batch, length, channels)."""
        y = self._new(self.groups, *self.x.shape)
        self._launch(
            forward.outputs,
            (self.batch * self.blocks, self.chunks, self.groups),
            *(*self.inputs, self._boundaries(), y, *self.sizes, self.orders_each, *self.how),
            **self.forward_tile,
        )
        return _total(y)

    def backward(self, dy: Tensor) -> tuple[Tensor, ...]:
        """The gradients of the first seven inputs, given that of y."""
        dy = dy.contiguous()
        tile, blocks = self._tile(self.cut.backward_tile)
        shares = min(self.batch * self.chunks, max(1, self.cut.shares // (blocks * self.groups)))
        dx, ddt, dproj = (
            self._new(self.groups, *self.x.shape),
            self._new(*self.dt.shape),
            self._new(blocks, *self.proj.shape),
        )
        parameters = [self._new(shares, *like.shape) for like in (self.dt_proj, self.A, self.D, self.dt_bias)]
        scratch = self._new(
            self.groups * blocks * shares, self.chunk // tile["LANES"], tile["HELD"], 32 * tile["PARTS"]
        )
        self._launch(
            backward.gradients,
            (shares, blocks, self.groups),
            *(dy, *self.inputs, self._boundaries(dy), scratch, dx, ddt, dproj, *parameters),
            *(*self.sizes, self.orders_each, self.chunks, *self.how),
            **tile | {"maxnreg": self.cut.registers},
        )
        return _total(dx), ddt, _total(dproj), *(_total(parameter) for parameter in parameters)

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
        self._launch(
            forward.ends,
            (self.batch * self.blocks, self.chunks, sets),
            *(x, self._new(0) if dy is None else dy, dt, proj, dt_proj, A, dt_bias, orders),
            *(states, deltas, *self.sizes, *self.how),
            **self.forward_tile,
        )
        self._launch(
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
