"""The two-dimensional Fourier transform of maps and back, as real numbers, in a form that ONNX has too.

PyTorch's exporter has no form for its own operators of it, nor for complex numbers. ONNX's DFT is of one axis, and of
numbers whose real and imaginary parts stand beside each other, which is how they are handed on here.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def spectrum(x: Tensor) -> Tensor:
    """Map (B, C, H, W), float32 or float64, to (B, C, H, W, 2): real and imaginary part of each frequency."""
    return _Forward.apply(x) if torch.onnx.is_in_onnx_export() else _forward(x)


def magnitude(spectrum: Tensor) -> Tensor:
    """(B, C, H, W, 2) to the map (B, C, H, W) that it is the spectrum of, without signs."""
    return _inverse(spectrum).norm(dim=-1)


def real_map(spectrum: Tensor) -> Tensor:
    """(B, C, H, W, 2) to the map (B, C, H, W) that it is the spectrum of, of which it takes the real part."""
    return _inverse(spectrum)[..., 0]


def _inverse(spectrum: Tensor) -> Tensor:
    return _Back.apply(spectrum) if torch.onnx.is_in_onnx_export() else _back(spectrum)


def _forward(x: Tensor) -> Tensor:
    return torch.view_as_real(torch.fft.fft2(x))


def _back(spectrum: Tensor) -> Tensor:
    return torch.view_as_real(torch.fft.ifft2(torch.view_as_complex(spectrum.contiguous())))


class _Forward(torch.autograd.Function):
    """`_forward` as nodes of an ONNX graph."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return _forward(x)

    @staticmethod
    def symbolic(graph: Any, x: Any) -> Any:
        last = graph.op("Constant", value_t=torch.tensor([4]))
        return _both_axes(graph, graph.op("Unsqueeze", x, last), x.type(), inverse=0)


class _Back(torch.autograd.Function):
    """`_back` as nodes of an ONNX graph."""

    @staticmethod
    def forward(ctx: Any, spectrum: Tensor) -> Tensor:
        return _back(spectrum)

    @staticmethod
    def symbolic(graph: Any, spectrum: Any) -> Any:
        return _both_axes(graph, spectrum, spectrum.type(), inverse=1)


def _both_axes(graph: Any, x: Any, kind: Any, *, inverse: int) -> Any:
    for axis in (2, 3):
        x = graph.op("DFT", x, axis_i=axis, inverse_i=inverse)
    return x.setType(kind.with_sizes([None, None, None, None, 2]))
