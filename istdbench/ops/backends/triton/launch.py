"""Launches the kernels: how the work of a scan is cut into programs, and the memory between the kernels."""

from __future__ import annotations

from math import ceil
from typing import Any

import torch
from torch import Tensor

from istdbench.ops.backends.triton import backward, forward
from istdbench.ops.contract import ScanInputs

CHUNK = 64  # steps; a sequence that is no longer is scanned in one piece, all its orders by one program
COLUMNS = 32  # of a forward program: one a thread of a warp; small programs spread evenly over the processors
STEPS = 4  # whose loads are under way together, and whose states the backward pass keeps in registers
UNROLLED = 64  # steps times states of a forward program: more takes minutes to compile
TILE = 256  # states times channels of a backward program: one warp, so that no sum waits for another
PROGRAMS = 2048  # backward at most: two rounds of those an H100 holds at once; each has its own part of dA


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
        self.columns = self.batch * self.channels
        self.chunks = ceil(self.length / CHUNK)
        self.orders_each = self.K if self.chunks == 1 else 1
        self.groups = self.K // self.orders_each
        self.sizes = (self.batch, self.length, self.channels, self.K)
        self.steps = min(STEPS, max(1, UNROLLED // self.states))
        self.constants: dict[str, Any] = {
            "HAS_DT": self.dt.numel() > 0,
            "SOFTPLUS": softplus,
            "RANK": self.dt_proj.shape[-1],
            "STATES": self.states,
            "CHUNK": CHUNK,
            "num_warps": 1,
        }

    def forward(self) -> Tensor:
        """y, (batch, length, channels)."""
        y = self._new(self.groups, *self.x.shape)
        self._launch(
            forward.outputs,
            (ceil(self.columns / COLUMNS), self.chunks, self.groups),
            *(*self.inputs, self._boundaries(self.x, reverse=False), y, *self.sizes, self.orders_each),
            **{"CHUNKED": self.chunks > 1, "COLUMNS": COLUMNS, "STEPS": self.steps} | self.constants,
        )
        return y.view_as(self.x) if self.groups == 1 else y.sum(0)

    def backward(self, dy: Tensor) -> tuple[Tensor, ...]:
        """The gradients of the first seven inputs, given that of y."""
        dy = dy.contiguous()
        block_states = _power_of_two(self.states)
        block_channels = min(_power_of_two(self.channels), TILE // block_states)
        blocks = ceil(self.channels / block_channels)
        shares = min(self.batch * self.chunks, max(1, PROGRAMS // (blocks * self.groups)))
        dx, ddt, dproj = (
            self._new(self.groups, *self.x.shape),
            self._new(*self.dt.shape),
            self._new(blocks, *self.proj.shape),
        )
        parts = [self._new(shares, *tensor.shape) for tensor in (self.dt_proj, self.A, self.D, self.dt_bias)]
        scratch = self._new(self.groups * blocks * shares, CHUNK // STEPS, block_states, block_channels)
        boundaries = (self._boundaries(self.x, reverse=False), self._boundaries(dy, reverse=True))
        tile = {"BLOCK_STATES": block_states, "BLOCK_CHANNELS": block_channels, "STEPS": STEPS}
        self._launch(
            backward.gradients,
            (shares, blocks, self.groups),
            *(dy, *self.inputs, *boundaries, scratch, dx, ddt, dproj, *parts),
            *(*self.sizes, self.orders_each, self.chunks),
            **{"CHUNKED": self.chunks > 1} | tile | self.constants,
        )
        return dx.sum(0), ddt, dproj.sum(0), *(part.sum(0) for part in parts)

    def _boundaries(self, x: Tensor, reverse: bool) -> Tensor:
        """The state before each chunk, (orders, chunks, states, columns); reversed, the gradient of that after it."""
        if self.chunks <= 1:
            return self._new(0)
        states = self._new(self.K, self.chunks, self.states, self.columns)
        deltas = self._new(self.K, self.chunks, self.columns)
        _, dt, proj, dt_proj, A, _, dt_bias, orders = self.inputs
        self._launch(
            forward.ends,
            (ceil(self.columns / COLUMNS), self.chunks, self.K),
            *(x, dt, proj, dt_proj, A, dt_bias, orders, states, deltas, *self.sizes),
            **{"REVERSE": reverse, "COLUMNS": COLUMNS, "STEPS": self.steps} | self.constants,
        )
        self._launch(
            forward.carry,
            (ceil(self.states * self.columns / COLUMNS), self.K),
            *(states, deltas, A, self.batch, self.channels, self.chunks),
            **{"REVERSE": reverse, "STATES": self.states, "ELEMENTS": COLUMNS, "STEPS": STEPS, "num_warps": 1},
        )
        return states

    def _new(self, *shape: int) -> Tensor:
        return self.x.new_empty(shape, dtype=torch.float32)

    def _launch(self, kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
        if all(grid):
            with torch.cuda.device_of(self.x):
                kernel[grid](*arguments, **constants)


def _power_of_two(number: int) -> int:
    """The least power of two that is not less."""
    return 1 << (number - 1).bit_length()
