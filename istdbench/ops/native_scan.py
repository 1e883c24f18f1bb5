"""Backend `c`: calls of the C library on tensors, and the work cut for the cache and the threads.

`ss2d` projects and scans a cache-sized piece of the batch at a time, and projects again in the backward pass: the
projections of a whole batch are never in memory, which costs more to get from the system than to compute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.errors import UsageError
from istdbench.ops import native
from istdbench.ops.custom_op import scan_op, ss2d_op

STEPS = 16  # of a block of csrc/scan.h, the least piece of a sequence
CACHE = 2**20  # bytes of projections for a thread: about a second-level cache; less costs calls, more costs misses
CHUNKS = 32  # the batch is cut into at most so many, for the gradients that are summed over it
_LOG2_E = 1.4426950408889634
_LARGEST_A = 1e8  # beyond, 2^x for x = delta A loses the fraction of x


class _Plan:
    """A scan but for its batch: what all images share, as the library reads it. Keeps those tensors alive."""

    def __init__(
        self, length: int, dt_proj: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor, softplus: bool
    ) -> None:
        self.library, self.threads = native.library(), torch.get_num_threads()
        orders = orders.contiguous()
        seen = torch.zeros_like(orders, dtype=torch.int8)
        if not self.library.scan_permutations(orders.data_ptr(), *orders.shape, seen.data_ptr()):
            raise UsageError(f"orders: each row must hold each position from 0 to {length - 1} once")
        self.orders, self.channels, self.states = A.shape
        self.length, self.rank, self.softplus = length, dt_proj.shape[-1], softplus
        A = A.mT.mul(_LOG2_E).clamp(-_LARGEST_A, _LARGEST_A)
        self.shared = [tensor.contiguous() for tensor in (dt_proj.mT, A, D, dt_bias, orders)]
        self.variant = native.best_variant(self.channels)
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
        gradients = native.Gradients(*map(_pointer, (dy, dxs, ddt, dproj, constants, starts)))
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

    def _scan(self, x: Tensor, dt: Tensor, proj: Tensor) -> native.Scan:
        pointers = map(_pointer, (x, dt, proj, *self.shared))
        return native.Scan(*pointers, self.orders, *x.shape, self.states, self.rank, self.softplus)

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
    x, dt, proj = (tensor.contiguous() for tensor in (x, dt, proj))
    y = torch.empty_like(x)
    _Plan(x.shape[1], dt_proj, A, D, dt_bias, orders, softplus).forward(x, dt, proj, y)
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
    dy, x, dt, proj = (tensor.contiguous() for tensor in (dy, x, dt, proj))
    plan = _Plan(x.shape[1], dt_proj, A, D, dt_bias, orders, softplus)
    dx, ddt, constants = torch.empty_like(x), torch.empty_like(dt), plan.constants([len(x)])
    dproj = plan.backward(dy, x, dt, proj, dx, ddt, constants)
    return dx, ddt, dproj, *plan.gradients(constants)


def _ss2d_forward(
    x: Tensor, x_proj: Tensor, dt_proj: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor
) -> Tensor:
    x, dt, weight = x.contiguous(), x.new_empty(0), x_proj.flatten(0, 1)
    plan = _Plan(x.shape[1], dt_proj, A, D, dt_bias, orders, True)
    y = torch.empty_like(x)
    for rows in _cache_sized(x, plan):
        plan.forward(x[rows], dt, functional.linear(x[rows], weight), y[rows])
    return y


def _ss2d_backward(
    dy: Tensor, x: Tensor, x_proj: Tensor, dt_proj: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor
) -> tuple[Tensor, ...]:
    dy, x, dt, weight = dy.contiguous(), x.contiguous(), x.new_empty(0), x_proj.flatten(0, 1)
    plan = _Plan(x.shape[1], dt_proj, A, D, dt_bias, orders, True)
    pieces = list(_cache_sized(x, plan))
    across = weight.mT.contiguous()  # products are written transposed: BLAS is slow at few columns, not at few rows
    dx, dacross = torch.empty_like(x), torch.zeros_like(across)
    constants = plan.constants(len(x[rows]) for rows in pieces)
    for rows in pieces:
        proj = functional.linear(x[rows], weight)
        dproj = plan.backward(dy[rows], x[rows], dt, proj, dx[rows], dt, constants).flatten(0, 1)
        dx[rows].flatten(0, 1).mT.addmm_(across, dproj.mT)
        dacross.addmm_(x[rows].flatten(0, 1).mT, dproj)
    return dx, dacross.mT.contiguous().view_as(x_proj), *plan.gradients(constants)


def _cache_sized(x: Tensor, plan: _Plan) -> Iterator[slice]:
    """Pieces of the batch whose projections stay in the cache: no memory is fetched, nor got from the system."""
    size = max(1, CACHE * plan.threads // (4 * plan.length * plan.width))
    return (slice(start, start + size) for start in range(0, len(x), size))


multi_scan = scan_op("c", _forward, _backward)
ss2d = ss2d_op("c", _ss2d_forward, _ss2d_backward)
