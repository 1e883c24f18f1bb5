"""What the benchmarks measure against, and how: the usual pipeline of visual Mamba, and fair timing and memory."""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

Scan = Callable[..., Tensor]


def mamba_reference(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor,
    delta_bias: Tensor | None = None,
    delta_softplus: bool = False,
) -> Tensor:
    """`selective_scan_ref` of mamba-ssm restated: u, delta (batch, D, L); B, C (batch, groups, N, L).

    As there, the decays of all steps are made at once, and each step is an index into them, whose gradient is a tensor
    of full size: the backward pass takes a time that grows with L squared.
    """
    delta = delta if delta_bias is None else delta + delta_bias[:, None]
    delta = torch.nn.functional.softplus(delta) if delta_softplus else delta
    B, C = (matrix.repeat_interleave(u.shape[1] // matrix.shape[1], 1) for matrix in (B, C))
    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta, A))
    inputs = torch.einsum("bdl,bdnl,bdl->bdln", delta, B, u)
    h = u.new_zeros(*u.shape[:2], A.shape[1])
    ys = []
    for t in range(u.shape[2]):
        h = decay[:, :, t] * h + inputs[:, :, t]
        ys.append(torch.einsum("bdn,bdn->bd", h, C[:, :, :, t]))
    return torch.stack(ys, 2) + u * D[:, None]


def unfold(x: Tensor) -> Tensor:
    """Cross-scan as VMamba does it: the tokens (batch, L, C) of a square map to four copies (batch, 4, C, L)."""
    side = math.isqrt(x.shape[1])
    rows = x.mT
    both = torch.stack([rows, rows.unflatten(2, (side, side)).mT.flatten(2)], 1)
    return torch.cat([both, both.flip(-1)], 1)


def fold(ys: Tensor) -> Tensor:
    """Cross-merge: four copies (batch, 4, C, L) back in their places and added up, (batch, L, C)."""
    side = math.isqrt(ys.shape[-1])
    rows, columns = (ys[:, :2] + ys[:, 2:].flip(-1)).unbind(1)
    return (rows + columns.unflatten(2, (side, side)).mT.flatten(2)).mT


def four_copies(scan: Scan) -> Scan:
    """The usual pipeline (VMamba): copy the map into four orders, project each copy, scan, put back and add up.

    Args:
        scan: has the contract of mamba-ssm's `selective_scan_fn`.

    Returns:
        A function with the contract of `istdbench.ops.ss2d`, for cross-scan over square maps.
    """

    def pipeline(
        x: Tensor, orders: Tensor, x_proj: Tensor, dt_proj: Tensor, dt_bias: Tensor, A_log: Tensor, D: Tensor
    ) -> Tensor:
        states, rank = A_log.shape[-1], dt_proj.shape[-1]
        xs = unfold(x)
        low, B, C = torch.einsum("bkdl,kcd->bkcl", xs, x_proj).split([rank, states, states], 2)
        delta = torch.einsum("bkrl,kdr->bkdl", low, dt_proj)
        per_channel = (tensor.flatten(0, 1) for tensor in (-A_log.exp(), D, dt_bias))
        A, D, bias = per_channel
        ys = scan(xs.flatten(1, 2), delta.flatten(1, 2), A, B, C, D, delta_bias=bias, delta_softplus=True)
        return fold(ys.view(xs.shape))

    return pipeline


def race(contenders: Mapping[str, Callable[[], object]], *, budget: float = 2.0) -> dict[str, float]:
    """The least time of each in seconds, taken in turns, so that a noisy machine hits all alike.

    Each is called at least twice and until its calls took `budget` seconds; one that takes over 10 seconds, once.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    running = dict(contenders)
    while running:
        for name, call in list(running.items()):
            start = time.perf_counter()
            call()
            taken = times[name]
            taken.append(time.perf_counter() - start)
            if taken[0] > 10 or (len(taken) >= 2 and sum(taken) > budget) or len(taken) == 100:
                del running[name]
    return {name: min(taken) for name, taken in times.items()}


def peak_memory(make: Callable[..., Callable[[], object]], arguments: tuple[Any, ...], small: tuple[Any, ...]) -> float:
    """MiB by which the resident set of a fresh process grows at most while it makes one call. Linux.

    Args:
        make: a top-level function that gives the call to measure.
        arguments: for `make`.
        small: arguments of a small call made first, so that loading libraries does not count.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["istdbench.ops", "pipelines"])
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        return pool.submit(_growth, make, arguments, small).result()


def _growth(make: Callable[..., Callable[[], object]], arguments: tuple[Any, ...], small: tuple[Any, ...]) -> float:
    torch.set_num_threads(1)
    make(*small)()
    call = make(*arguments)
    ctypes.CDLL(None).malloc_trim(0)  # what was freed would be used again unseen
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _status("VmRSS")
    call()
    return (_status("VmHWM") - before) / 1024


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))
