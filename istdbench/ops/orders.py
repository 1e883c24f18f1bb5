"""Scan orders: permutations of the positions of a map, one row an order."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from istdbench.errors import UsageError

CROSS_SCAN = ("h", "v", "h_flip", "v_flip")
SCANS = ("h", "h_flip", "v", "v_flip", "w2", "w2_flip", "w7", "w7_flip")
"""The orders by name: rows, columns, and windows of 2 x 2 and 7 x 7 pixels, each forwards and backwards (`_flip`)."""


def cross_scan(height: int, width: int, device: str | torch.device = "cpu") -> Tensor:
    """The four orders of cross-scan: row by row, column by column, then both backwards.

    Source: VMamba (Liu et al. 2024, SS2D), the same four in MiM-ISTD. See `scan_orders`.
    """
    return scan_orders(CROSS_SCAN, height, width, device)


def scan_orders(names: tuple[str, ...], height: int, width: int, device: str | torch.device = "cpu") -> Tensor:
    """Orders of a map by their names. Step t of order k visits the position `orders[k, t]`, where the pixel in row i
    and column j is position i * width + j.

    A windowed order goes through the windows row by row, and row by row within each. Those at the right and lower
    border are what the map leaves of them, so that any map will do.

    Source: LocalMamba (Huang et al. 2024, arXiv 2403.09338), whose eight candidates are `SCANS`.

    Args:
        names: of `SCANS`.

    Returns:
        (len(names), height * width) int64. Cached and shared: do not write into it.

    Raises:
        UsageError: a name that is not in `SCANS`.
    """
    if unknown := [name for name in names if name not in SCANS]:
        raise UsageError(f"no scan order {unknown[0]!r}; there are: {', '.join(SCANS)}")
    traced = torch.compiler.is_compiling() or torch.jit.is_tracing()  # a graph follows the size, which a cache fixes
    make = _orders if traced else _cached_orders
    return make(names, height, width, torch.device(device))


def _orders(names: tuple[str, ...], height: int, width: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # a tensor made in inference mode could never again be saved for a backward pass
        return torch.stack([_order(name, height, width, device) for name in names])


def _order(name: str, height: int, width: int, device: torch.device) -> Tensor:
    if name.endswith("_flip"):
        return _order(name.removesuffix("_flip"), height, width, device).flip(0)
    positions = torch.arange(height * width, device=device)
    if name == "h":
        return positions
    if name == "v":
        return positions.view(height, width).t().flatten()
    size = int(name.removeprefix("w"))
    row, column = positions // width, positions % width
    window = row // size * -(-width // size) + column // size
    return ((window * size + row % size) * size + column % size).argsort()


_cached_orders = lru_cache(maxsize=64)(_orders)
