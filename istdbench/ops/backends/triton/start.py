"""Starts a kernel; or tells of it instead, while kernels are compiled ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

instead: Callable[[Any, tuple[Any, ...], dict[str, Any]], None] | None = None
"""What is told of each start in its place; None: kernels are started."""


def start(kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
    """Start a kernel on the device of its first argument, unless there is no work for it."""
    if not all(grid):
        return
    if instead is not None:
        instead(kernel, arguments, constants)
    else:
        with torch.cuda.device_of(arguments[0]):
            kernel[grid](*arguments, **constants)
