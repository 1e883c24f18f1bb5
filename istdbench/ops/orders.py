"""Scan orders: permutations of the positions of a map, one row an order."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def cross_scan(height: int, width: int, device: str | torch.device = "cpu") -> Tensor:
    """The four orders of cross-scan: row by row, column by column, then both backwards.

    Source: VMamba (Liu et al. 2024, SS2D), the same four in MiM-ISTD. Step t of order k visits the position
    `orders[k, t]`, where the pixel in row i and column j is position i * width + j.

    Returns:
        (4, height * width) int64. Cached and shared: do not write into it.
    """
    make = _cross_scan if torch.compiler.is_compiling() else _cached_cross_scan  # a compiler sees through no cache
    return make(height, width, torch.device(device))


def _cross_scan(height: int, width: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # a tensor made in inference mode could never again be saved for a backward pass
        rows = torch.arange(height * width, device=device)
        columns = rows.view(height, width).t().flatten()
        return torch.stack([rows, columns, rows.flip(0), columns.flip(0)])


_cached_cross_scan = lru_cache(maxsize=64)(_cross_scan)
