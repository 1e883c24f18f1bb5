"""The calls of the C library on tensors."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from istdbench.errors import UsageError
from istdbench.ops.backends.c import library
from istdbench.ops.backends.c.plan import Plan, plan_of
from istdbench.ops.contract import ScanInputs, SS2DInputs


class Call:
    """The scan of one call but for its batch: what all images share, as the library reads it.

    Keeps the tensors alive whose memory the library reads. Those of a batch, which its methods take, are dense; the
    first dimension of x is the batch.

    Args:
        inputs: all of them, of which what images share is read.
        A: (orders, channels, states), as in `ScanInputs`.

    Raises:
        UsageError: the orders are no permutations.
    """

    def __init__(self, inputs: ScanInputs | SS2DInputs, A: Tensor, softplus: bool) -> None:
        self.library, length = library.load(), inputs.x.shape[1]
        self._orders, self._channels, self._states = A.shape
        self._rank = inputs.dt_proj.shape[2]
        shape = length, self._orders, self._channels, self._states, self._rank
        self._cut = *shape, library.best_variant(self._channels), torch.get_num_threads()
        scratch = torch.empty(self.plan(0).scratch)
        shared = inputs.dt_proj, A, inputs.D, inputs.dt_bias, inputs.orders
        tensors = [tensor.contiguous() for tensor in shared]
        self._alive = scratch, tensors
        dt_proj, a, *others = (tensor.data_ptr() for tensor in tensors)
        sizes = self._orders, 0, *shape[:1], *shape[2:], softplus
        self._scan = library.Scan(None, None, None, None, None, *others, *sizes)
        if not self.library.scan_prepare(self._scan, dt_proj, a, scratch.data_ptr()):
            raise UsageError(f"orders: each row must hold each position from 0 to {length - 1} once")

    def plan(self, batch: int) -> Plan:
        """How a batch is cut for the threads."""
        return plan_of(batch, *self._cut)

    def forward(self, x: Tensor, dt: Tensor | None, proj: Tensor, y: Tensor) -> None:
        """Scan a batch and store y."""
        plan = self._take(x, dt, proj)
        if not plan.spreads:
            self.library.scan_forward(self._scan, y.data_ptr(), plan.threads, plan.variant)
            return
        ys, states = x.new_empty(self._orders, *x.shape), x.new_zeros(plan.state_shape)
        pointers = ys.data_ptr(), states.data_ptr()
        self.library.scan_forward_spread(self._scan, *pointers, plan.pieces, plan.threads, plan.variant)
        torch.sum(ys, 0, out=y)

    def constants(self, batches: Iterable[int]) -> Tensor:
        """Zeros, to which `backward` of such batches adds the gradients of what images share; see `gradients`."""
        chunks = max((self.plan(batch).chunks for batch in batches), default=0)
        return torch.zeros(chunks, self._orders, self._states + 2 + self._rank, self._channels)

    def backward(
        self, dy: Tensor, x: Tensor, dt: Tensor | None, proj: Tensor, dx: Tensor, ddt: Tensor | None, constants: Tensor
    ) -> Tensor:
        """Store dx and ddt, add to the constants, and return dproj."""
        plan = self._take(x, dt, proj)
        dxs = x.new_empty(self._orders, *x.shape) if plan.spreads else dx
        dproj, starts = x.new_empty(plan.parts, *proj.shape), torch.empty(plan.start_shape)
        if dproj.nbytes >= library.HUGE_PAGE:
            self.library.scan_huge_pages(dproj.data_ptr(), dproj.nbytes)
        gradients = library.Gradients(*map(_pointer, (dy, dxs, ddt, dproj, constants, starts)))
        if plan.spreads:
            states, laters = x.new_zeros(2, *plan.state_shape)
            pointers = states.data_ptr(), laters.data_ptr()
            self.library.scan_backward_spread(self._scan, gradients, *pointers, plan.pieces, plan.threads, plan.variant)
            torch.sum(dxs, 0, out=dx)
        else:
            self.library.scan_backward(self._scan, gradients, plan.chunks, plan.parts, plan.threads, plan.variant)
        return dproj[0]

    def gradients(self, constants: Tensor) -> tuple[Tensor, ...]:
        """Gradients of dt_proj, A, D and dt_bias."""
        per_channel = self._orders, self._channels
        new = torch.empty if constants.shape[0] else torch.zeros  # zeros of no image
        found = new(*per_channel, self._rank), new(*per_channel, self._states), new(per_channel), new(per_channel)
        pointers = (gradient.data_ptr() for gradient in found)
        self.library.scan_constants(self._scan, constants.data_ptr(), constants.shape[0], *pointers)
        return found

    def _take(self, x: Tensor, dt: Tensor | None, proj: Tensor) -> Plan:
        """Point at a batch."""
        scan, batch = self._scan, x.shape[0]
        scan.x, scan.dt, scan.proj, scan.batch = x.data_ptr(), _pointer(dt), proj.data_ptr(), batch
        return self.plan(batch)


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None or not tensor.numel() else tensor.data_ptr()
