"""Compiles the kernels that a call will launch before it does, side by side in threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import torch
import triton

from istdbench.ops.backends.triton import start
from istdbench.progress import Counted, Track, silent


def compile_launches(call: Callable[[], object], track: Track = silent) -> int:
    """Compile every kernel that a call would launch, and that is not compiled yet; how many those are.

    The call is gone through with the starts of kernels left out, so that what it computes means nothing. No other
    thread may start one meanwhile.
    """
    if not hasattr(triton, "AsyncCompileMode"):  # an old one compiles each at its first launch
        return 0
    variants = _variants(call)
    with ThreadPoolExecutor(os.cpu_count()) as pool, triton.AsyncCompileMode(pool) as mode:
        for kernel, arguments, constants in variants:
            kernel.warmup(*arguments, grid=(1,), **constants)
        waited = mode.raw_futures
        if waited:
            for _ in track(Counted(as_completed(waited), len(waited)), "compile the GPU's kernels"):
                pass
    return len(waited)


def _variants(call: Callable[[], object]) -> list[tuple[Any, list[Any], dict[str, Any]]]:
    """Each different launch of a call: the kernel, its arguments with dtypes for tensors, and its constants."""
    found: dict[str, tuple[Any, list[Any], dict[str, Any]]] = {}

    def note(kernel: Any, arguments: tuple[Any, ...], constants: dict[str, Any]) -> None:
        described = [value.dtype if isinstance(value, torch.Tensor) else value for value in arguments]
        dtypes = [value for value in described if isinstance(value, torch.dtype)]
        found.setdefault(f"{kernel.__name__} {dtypes} {constants}", (kernel, described, constants))

    start.instead = note
    try:
        call()
    finally:
        start.instead = None
    return list(found.values())
