"""The scan backends: which there are, which can run here, and which one a call gets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor

from istdbench.errors import UsageError
from istdbench.ops.backends import c, mamba_ssm, reference, triton
from istdbench.ops.backends import torch as torch_backend
from istdbench.ops.contract import ScanInputs, SS2DInputs, project

ENVIRONMENT = "ISTDBENCH_SCAN"


@dataclass(frozen=True)
class Backend:
    """One implementation of the multi-order scan.

    Attributes:
        name: what `backend=` and ISTDBENCH_SCAN take.
        multi_scan: the scan.
        fused: the scan together with its projections; None where it has none.
        why_not: the reason why it cannot run on this machine; "" where it can.
        device: the type of device that its tensors must be on; "" for any.
        max_states: the most states that it takes; None for any number.
        half: whether x may be in half precision; the result is float32 all the same.
        double: whether x may be in float64, and is then computed in it.
    """

    name: str
    multi_scan: Callable[[ScanInputs], Tensor]
    fused: Callable[[SS2DInputs], Tensor] | None = None
    why_not: Callable[[], str] = lambda: ""
    device: str = ""
    max_states: int | None = None
    half: bool = False
    double: bool = False

    def ss2d(self, inputs: SS2DInputs) -> Tensor:
        """The scan with its projections, fused or one after the other."""
        return self.fused(inputs) if self.fused else self.multi_scan(project(inputs))

    def refuses(self, device: str, dtype: torch.dtype, states: int) -> str:
        """The reason why it cannot take an input of this kind; "" where it can."""
        if self.device not in ("", device):
            return f"needs tensors on {self.device}, not on {device}"
        if dtype == torch.float64 and not self.double:
            return "computes in float32, not in float64"
        if self.max_states is not None and states > self.max_states:
            return f"takes at most {self.max_states} states, not {states}"
        return ""


# In order of preference. triton stands before mamba_ssm, which makes a copy of the map an order, and is built for
# sequences of 128 steps and more.
_IN_TURN = (
    Backend("triton", triton.multi_scan, triton.ss2d, triton.why_not, "cuda", triton.MAX_STATES, half=True),
    Backend("mamba_ssm", mamba_ssm.multi_scan, None, mamba_ssm.why_not, "cuda", mamba_ssm.MAX_STATES),
    Backend("c", c.multi_scan, c.ss2d, c.library.why_not, "cpu", c.MAX_STATES),
    Backend("torch", torch_backend.multi_scan, double=True),
    Backend("reference", reference.multi_scan, double=True),
)
BACKENDS = {backend.name: backend for backend in _IN_TURN}
_only: ContextVar[Backend | None] = ContextVar("the only scan backend", default=None)


@contextmanager
def scanning_by(backend: Backend) -> Iterator[None]:
    """Within it every call gets this backend, which need not be one of `BACKENDS`."""
    token = _only.set(backend)
    try:
        yield
    finally:
        _only.reset(token)


def backends() -> dict[str, str]:
    """Each backend's name and the reason why it cannot run on this machine ("" where it can), the preferred first."""
    return {backend.name: backend.why_not() for backend in BACKENDS.values()}


def choose(x: Tensor, states: int, name: str | None = None) -> Backend:
    """The backend for input `x` and this number of states: `name`, else ISTDBENCH_SCAN, else the first that can.

    Raises:
        UsageError: the name is unknown, or that backend cannot run here or cannot take this input.
    """
    only = None if torch.compiler.is_compiling() else _only.get()  # which the compiler cannot read, nor has to
    return only or BACKENDS[_choose(x.device.type, x.dtype, states, name)]


def _choose(device: str, dtype: torch.dtype, states: int, name: str | None) -> str:
    kind = (device, dtype, states)
    name = name or os.environ.get(ENVIRONMENT)
    if not name:
        return next(backend.name for backend in BACKENDS.values() if not (backend.why_not() or backend.refuses(*kind)))
    if name not in BACKENDS:
        raise UsageError(f"no scan backend {name!r}; {_available()}")
    if reason := BACKENDS[name].why_not() or BACKENDS[name].refuses(*kind):
        raise UsageError(f"scan backend {name!r}: {reason}; {_available()}")
    return name


# What torch.compiler.assume_constant_result does, but for importing torch._dynamo, which takes as long as torch itself:
# a compiler calls the function once while it traces a network, and what is chosen then stays.
_choose._dynamo_marked_constant = True  # type: ignore[attr-defined]


def _available() -> str:
    names = ", ".join(name for name, reason in backends().items() if not reason)
    return f"set backend= or {ENVIRONMENT} to one of: {names}"
