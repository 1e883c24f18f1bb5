"""LayerNorm, on a GPU by kernels for rows of few channels, as the networks of the scan have them."""

from __future__ import annotations

import importlib
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from istdbench.ops.backends import triton
from istdbench.ops.looked_on import is_looked_on

MAX_WIDTH = 512
"""Numbers of a row; where it has more, PyTorch's kernels, a block of threads a row, have enough to do."""
MOST = 2**30
"""Numbers in all; the kernels count in 32 bits."""
_COMPUTED_IN_FLOAT32 = (torch.float32, torch.bfloat16, torch.float16)


class LayerNorm(nn.LayerNorm):
    """`torch.nn.LayerNorm`: the same parameters and, but for the rounding of float32, the same numbers.

    On CUDA rows of up to MAX_WIDTH numbers are normalised by Triton kernels, forward and backward. Whatever else it is
    given, and whatever traces or counts, gets PyTorch's operator.
    """

    stands_for = nn.LayerNorm  # where modules are counted by their type

    def forward(self, x: Tensor) -> Tensor:
        """Numbers (..., *normalized_shape) to the same shape; under autocast in float32."""
        if not (x.is_cuda and self._fits(x)):
            return super().forward(x)
        dtype = torch.float32 if torch.is_autocast_enabled("cuda") else x.dtype
        return by_kernels(x, self.weight, self.bias, self.eps, dtype)

    def _fits(self, x: Tensor) -> bool:
        """Whether the kernels take it, and nobody looks on."""
        given = (x, self.weight, self.bias)
        if is_looked_on(given) or triton.why_not():  # no weights: not on the list of what is plain
            return False
        dtypes = {tensor.dtype for tensor in given}
        return (
            x.shape[-1:] == self.normalized_shape  # of one dimension
            and x.shape[-1] <= MAX_WIDTH
            and 0 < x.numel() < MOST
            and self.eps > 0
            and all(tensor.device == x.device for tensor in given)
            and dtypes.issubset(_COMPUTED_IN_FLOAT32)
            and (len(dtypes) == 1 or torch.is_autocast_enabled("cuda"))
        )


def by_kernels(x: Tensor, weight: Tensor, bias: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
    """The rows of x, (..., width), normalised by the Triton kernels.

    Args:
        x: float32 or half precision; computed in float32.
        weight, bias: (width,), likewise.
        eps: added to the variance.
        dtype: of the result.
    """
    normalised: Tensor = _Normalised.apply(x, weight, bias, eps, dtype)
    return normalised


def _kernels() -> Any:
    return importlib.import_module("istdbench.ops.backends.triton.narrow_norm")


class _Normalised(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
        x, weight, bias = x.contiguous(), weight.contiguous(), bias.contiguous()
        ctx.save_for_backward(x, weight)
        ctx.eps, ctx.bias_dtype = eps, bias.dtype
        y: Tensor = _kernels().forward(x, weight, bias, eps, dtype)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        dx, dweight, dbias = _kernels().backward(dy.contiguous(), x, weight, ctx.eps)
        return dx, dweight.to(weight.dtype), dbias.to(ctx.bias_dtype), None, None
