"""Calls of the C library on tensors, and the work cut for the threads."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from istdbench.errors import UsageError
from istdbench.ops.backends.c import library
from istdbench.ops.contract import ScanInputs, SS2DInputs

STEPS = 16  # of a block of csrc/scan.h, the least piece of a sequence
CHUNKS = 32  # the batch is cut into at most so many, for the gradients that are summed over it
_LOG2_E = 1.4426950408889634
_LARGEST_A = 1e8  # beyond, 2^x for x = delta A loses the fraction of x


class Plan:
    """A scan but for its batch: what all images share, as the library reads it. Keeps those tensors alive."""

    def __init__(self, inputs: ScanInputs | SS2DInputs, softplus: bool) -> None:
        self.library, self.threads = library.load(), torch.get_num_threads()
        dt_proj, A, D, dt_bias = inputs.dt_proj, inputs.A, inputs.D, inputs.dt_bias
        length, orders = inputs.x.shape[1], inputs.orders.contiguous()
        seen = torch.zeros_like(orders, dtype=torch.int8)
        if not self.library.scan_permutations(orders.data_ptr(), *orders.shape, seen.data_ptr()):
            raise UsageError(f"orders: each row must hold each position from 0 to {length - 1} once")
        self.orders, self.channels, self.states = A.shape
        self.length, self.rank, self.softplus = length, dt_proj.shape[-1], softplus
        A = A.mT.mul(_LOG2_E).clamp(-_LARGEST_A, _LARGEST_A)
        self.shared = [tensor.contiguous() for tensor in (dt_proj.mT, A, D, dt_bias, orders)]
        self.variant = library.best_variant(self.channels)
        self.lanes = self.library.scan_lanes(self.variant)
        self.vectors = -(-self.channels // self.lanes)
        self.blocks = -(-length // STEPS)

    @property
    def width(self) -> int:
        """Numbers of proj at one position."""
        return self.orders * (self.rank + 2 * self.states)

    def forward(self, x: Tensor, dt: Tensor, proj: Tensor, y: Tensor) -> None:
        """Scan a batch and store y."""
        scan = self._scan(x, dt, proj)
        if not self._spreads(len(x)):
            self.library.scan_forward(scan, y.data_ptr(), self.threads, self.variant)
            return
        ys, states = x.new_empty(self.orders, *x.shape), x.new_zeros(self._states(len(x)))
        pointers = (ys.data_ptr(), states.data_ptr())
        self.library.scan_forward_spread(scan, *pointers, self._pieces(len(x)), self.threads, self.variant)
        torch.sum(ys, 0, out=y)

    def constants(self, batches: Iterable[int]) -> Tensor:
        """Zeros, to which `backward` of such batches adds the gradients of what images share; see `gradients`."""
        chunks = max(map(self._chunks, batches), default=0)
        return torch.zeros(chunks, self.orders, self.states + 2 + self.rank, self.channels)

    def backward(
        self, dy: Tensor, x: Tensor, dt: Tensor, proj: Tensor, dx: Tensor, ddt: Tensor, constants: Tensor
    ) -> Tensor:
        """Store dx and ddt, add to the constants, and return dproj."""
        scan, batch, spreads = self._scan(x, dt, proj), len(x), self._spreads(len(x))
        chunks = self._chunks(batch)
        parts = 1 if chunks >= CHUNKS // 2 and not spreads else self.vectors
        dxs = x.new_empty(self.orders, *x.shape) if spreads else dx
        dproj = x.new_empty(parts, *proj.shape)
        self.library.scan_huge_pages(dproj.data_ptr(), dproj.nbytes)
        starts = x.new_empty(self.threads, self.blocks, self.states, self.lanes)
        gradients = library.Gradients(*map(_pointer, (dy, dxs, ddt, dproj, constants, starts)))
        if spreads:
            states = x.new_zeros(2, *self._states(batch))
            pointers = (tensor.data_ptr() for tensor in states)
            pieces = self._pieces(batch)
            self.library.scan_backward_spread(scan, gradients, *pointers, pieces, self.threads, self.variant)
            torch.sum(dxs, 0, out=dx)
        else:
            self.library.scan_backward(scan, gradients, chunks, parts, self.threads, self.variant)
        return dproj[0] if parts == 1 else dproj.sum(0)

    def gradients(self, constants: Tensor) -> tuple[Tensor, ...]:
        """Gradients of dt_proj, A, D and dt_bias."""
        states, D, bias = (constants[:, :, i].sum(0) for i in (slice(self.states), self.states, self.states + 1))
        return constants[:, :, self.states + 2 :].sum(0).mT.contiguous(), states.mT.contiguous(), D, bias

    def _scan(self, x: Tensor, dt: Tensor, proj: Tensor) -> library.Scan:
        pointers = map(_pointer, (x, dt, proj, *self.shared))
        return library.Scan(*pointers, self.orders, *x.shape, self.states, self.rank, self.softplus)

    def _spreads(self, batch: int) -> bool:
        """Whether images and vectors are too few for the threads."""
        return 0 < batch * self.vectors < self.threads

    def _chunks(self, batch: int) -> int:
        return batch * self._pieces(batch) if self._spreads(batch) else min(batch, CHUNKS)

    def _pieces(self, batch: int) -> int:
        return min(self.blocks, -(-self.threads // (batch * self.vectors * self.orders)))

    def _states(self, batch: int) -> tuple[int, ...]:
        return self.orders, batch * self.vectors, self._pieces(batch), self.states + 1, self.lanes


def _pointer(tensor: Tensor) -> int | None:
    return tensor.data_ptr() if tensor.numel() else None
