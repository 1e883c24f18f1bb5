"""The scan backends: which there are, which can run here, and which one a call gets."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from istdbench.errors import UsageError
from istdbench.ops import blocked, mamba, native, native_scan, reference, triton_scan

ENVIRONMENT = "ISTDBENCH_SCAN"


@dataclass(frozen=True)
class Backend:
    """One implementation of the multi-order scan.

    Attributes:
        name: what `backend=` and ISTDBENCH_SCAN take.
        multi_scan: the scan, with the contract of `istdbench.ops.reference.multi_scan`.
        fused: the same with projections, with the contract of `istdbench.ops.reference.ss2d`; None where it has none.
        why_not: the reason why it cannot run on this machine; "" where it can.
        refuses: the reason why it cannot take this x and this number of states; "" where it can.
        half: whether x may be in half precision; the result is float32 all the same.
    """

    name: str
    multi_scan: Callable[..., Tensor]
    fused: Callable[..., Tensor] | None = None
    why_not: Callable[[], str] = lambda: ""
    refuses: Callable[[Tensor, int], str] = lambda x, states: ""
    half: bool = False

    @property
    def ss2d(self) -> Callable[..., Tensor]:
        """The scan with projections, fused or not."""
        return self.fused or partial(reference.project_and, self.multi_scan)


# triton before mamba_ssm, which makes a copy of the map an order, and is built for sequences of 128 steps and more
_BACKENDS = (
    Backend("triton", triton_scan.multi_scan, triton_scan.ss2d, triton_scan.why_not, triton_scan.refuses, half=True),
    Backend("mamba_ssm", mamba.multi_scan, None, mamba.why_not, mamba.refuses),
    Backend("c", native_scan.multi_scan, native_scan.ss2d, native.why_not, native.refuses),
    Backend("torch", blocked.multi_scan),
    Backend("reference", reference.multi_scan),
)
_BY_NAME = {backend.name: backend for backend in _BACKENDS}


def backends() -> dict[str, str]:
    """Each backend's name and the reason why it cannot run on this machine ("" where it can), the preferred first."""
    return {backend.name: backend.why_not() for backend in _BACKENDS}


def choose(x: Tensor, states: int, name: str | None = None) -> Backend:
    """The backend for input `x` and this number of states: `name`, else ISTDBENCH_SCAN, else the first that can.

    Raises:
        UsageError: the name is unknown, or that backend cannot run here or cannot take this input.
    """
    return _BY_NAME[_choose(x.device.type, x.dtype, states, name)]


@torch.compiler.assume_constant_result  # what is chosen while a network is compiled stays
def _choose(device: str, dtype: torch.dtype, states: int, name: str | None) -> str:
    x = torch.empty(0, device=device, dtype=dtype)
    name = name or os.environ.get(ENVIRONMENT)
    if not name:
        return next(backend.name for backend in _BACKENDS if not _objection(backend, x, states))
    if name not in _BY_NAME:
        raise UsageError(f"no scan backend {name!r}; {_available()}")
    if reason := _objection(_BY_NAME[name], x, states):
        raise UsageError(f"scan backend {name!r}: {reason}; {_available()}")
    return name


def _objection(backend: Backend, x: Tensor, states: int) -> str:
    return backend.why_not() or backend.refuses(x, states)


def _available() -> str:
    names = ", ".join(name for name, reason in backends().items() if not reason)
    return f"set backend= or {ENVIRONMENT} to one of: {names}"
