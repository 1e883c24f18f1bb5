"""Bilinear resizing whose gradient is the same at every run.

PyTorch's own adds up the gradient on a GPU by atomic operations, in whatever order they come, so that a training that
is taken up again would not end with the same bits. There, and only where a gradient is wanted, a map is resized by two
products, one of its rows and one of its columns. Everywhere else it is PyTorch's operator.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def bilinear(
    x: Tensor,
    size: tuple[int, int] | torch.Size | None = None,
    *,
    scale_factor: float | None = None,
    align_corners: bool = False,
) -> Tensor:
    """A map (B, C, H, W) at another size, by `torch.nn.functional.interpolate`, whose arguments these are."""
    if not (x.is_cuda and torch.is_grad_enabled() and x.requires_grad) or torch.compiler.is_compiling():
        return F.interpolate(x, size, scale_factor, mode="bilinear", align_corners=align_corners)
    return by_products(x, size or [int(side * (scale_factor or 1)) for side in x.shape[-2:]], align_corners)


def by_products(x: Tensor, size: tuple[int, int] | torch.Size | list[int], align_corners: bool) -> Tensor:
    """The map resized by two products, in float32 or better, and given back in its dtype."""
    with torch.autocast(x.device.type, enabled=False):
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        along, across = (
            shares(side, new, align_corners, wide.dtype, x.device) for side, new in zip(x.shape[-2:], size, strict=True)
        )
        return (along.mT @ (wide @ across)).to(x.dtype)


@lru_cache(maxsize=256)
def shares(side: int, new: int, align_corners: bool, dtype: torch.dtype, device: torch.device) -> Tensor:
    """What each of `side` pixels gives to each of `new` ones, (side, new): PyTorch's answer for the unit vectors."""
    units = torch.eye(side, dtype=dtype)[None]
    return F.interpolate(units, new, mode="linear", align_corners=align_corners)[0].to(device)


class Doubling(nn.Upsample):
    """A map to twice its height and width."""

    stands_for = nn.Upsample  # where modules are counted by their type

    def __init__(self, *, align_corners: bool = False) -> None:
        super().__init__(scale_factor=2, mode="bilinear", align_corners=align_corners)

    def forward(self, input: Tensor) -> Tensor:
        return bilinear(input, scale_factor=2, align_corners=bool(self.align_corners))
