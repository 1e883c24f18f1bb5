"""Modulated deformable convolution (DCNv2) of PyTorch's own operations.

Source: Zhu et al., Deformable ConvNets v2, CVPR 2019, Eq. 1: y(p) = Σ_k w_k x(p + p_k + Δp_k) Δm_k.

Symbol   Meaning
p        pixel of the output
k, p_k   tap of the kernel, row by row, and where it stands from the kernel's centre
Δp_k     learned offset of the tap at this pixel, in pixels; x is interpolated bilinearly, and 0 outside the map
Δm_k     learned modulation of the tap at this pixel, in (0, 1)
w_k      weights of the tap, from all input channels to all output channels
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def deformable_conv(x: Tensor, offsets: Tensor, modulation: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Eq. 1 at stride 1, with the map's size kept.

    Args:
        x: (B, C, H, W).
        offsets: Δp, (B, K, 2, H, W): rows, then columns, in pixels; K = rows of the kernel times columns.
        modulation: Δm, (B, K, H, W).
        weight: (D, C, rows, columns), both odd.
        bias: (D,).

    Returns:
        (B, D, H, W).
    """
    exact = offsets.to(torch.promote_types(x.dtype, torch.float32))  # half precision has no pixel between 256 and 258
    taps = modulation[:, None] * _sampled(x, exact + _rigid_taps(weight, exact) + _pixels(exact))
    return F.conv2d(taps.flatten(1, 2), weight.flatten(1)[..., None, None], bias)


def _pixels(like: Tensor) -> Tensor:
    """p: (2, H, W), of the size, device and dtype of (..., H, W)."""
    rows, columns = (torch.arange(size, device=like.device, dtype=like.dtype) for size in like.shape[-2:])
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij"))


def _rigid_taps(weight: Tensor, like: Tensor) -> Tensor:
    """p_k: (K, 2, 1, 1), of that device and dtype."""
    kernel = weight.shape[-2:]
    rows, columns = (torch.arange(size, device=like.device, dtype=like.dtype) - size // 2 for size in kernel)
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij"), -1).flatten(0, 1)[..., None, None]


def _sampled(x: Tensor, places: Tensor) -> Tensor:
    """The map (B, C, H, W) at places (B, K, 2, H, W) in pixels: (B, C, K, H, W)."""
    (rows, columns), (height, width) = places.unbind(2), x.shape[-2:]
    # grid_sample's units: -1 and 1 are the map's outer edges
    grid = torch.stack([(2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1], -1).flatten(1, 2)
    sampled = F.grid_sample(x.to(grid.dtype), grid, padding_mode="zeros", align_corners=False)
    return sampled.unflatten(2, (-1, x.shape[-2])).to(x.dtype)


class DeformableConv(nn.Module):
    """A deformable convolution whose offsets and modulations are an ordinary convolution of the same input.

    Untrained, it is the rigid convolution halved: offsets start at 0, modulations at 1/2, as the paper has them.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: tuple[int, int]) -> None:
        """
        Args:
            kernel: rows and columns, both odd.
        """
        super().__init__()
        rows, columns = kernel
        rigid = nn.Conv2d(in_channels, out_channels, kernel)  # for PyTorch's initialisation
        self.weight, self.bias = rigid.weight, nn.Parameter(torch.zeros(out_channels))
        self.taps = nn.Conv2d(in_channels, 3 * rows * columns, kernel, padding=(rows // 2, columns // 2))
        nn.init.zeros_(self.taps.weight)
        nn.init.zeros_(self.taps.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        rows_and_columns, modulation = self.taps(x).tensor_split((2 * self.taps.out_channels // 3,), dim=1)
        offsets = rows_and_columns.unflatten(1, (-1, 2))
        return deformable_conv(x, offsets, modulation.sigmoid(), self.weight, self.bias)
