"""The scan in standard operators, in place of the backends while a network is traced.

Nothing here is made for speed, and no size is fixed: orders, lengths and the steps of the recurrence follow the sizes
of what is scanned. So a trace of a network holds for images of all sizes, and needs no operator of ours.

In TorchScript the recurrence is a scripted loop. In ONNX it is one node, which the file itself defines as a function;
see `istdbench.exporting.onnx_functions`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.ops.choice import Backend
from istdbench.ops.contract import ScanInputs

NODE = "istdbench::SelectiveScan"


def multi_scan(inputs: ScanInputs) -> Tensor:
    """y, (batch, length, channels), in the dtype of x."""
    x, dt, proj, dt_proj, A, D, dt_bias, orders, softplus = inputs
    rank, states, count, length = dt_proj.shape[-1], A.shape[-1], len(A), orders.shape[1]
    low, B, C = proj.permute(2, 0, 1, 3).split([rank, states, states], 3)  # orders, batch, length, ...
    delta = low @ dt_proj.transpose(1, 2)[:, None] + dt_bias[:, None, None]
    delta = delta + dt if len(dt) else delta
    delta = functional.softplus(delta) if softplus else delta
    numbers = torch.arange(count, device=orders.device)
    visited = orders.t() + numbers * length  # length, orders: rows of what is below, by step
    delta, B, C = (tensor.transpose(1, 2).flatten(0, 1)[visited] for tensor in (delta, B, C))
    u = x.transpose(0, 1)[orders.t()]
    y = (_Node.apply if torch.onnx.is_in_onnx_export() else _scripted())(u, delta, A[:, None], B, C)
    back = orders.argsort(1).t() * count + numbers  # length, orders: rows of y, by position
    return y.flatten(0, 1)[back].sum(1).transpose(0, 1) + D.sum(0) * x


PLAIN = Backend("plain", multi_scan, double=True)


def recur(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
    """h_t = exp(delta_t A) h_(t-1) + delta_t u_t B_t; y_t = C_t h_t, from h = 0.

    Args:
        u, delta: (length, orders, batch, channels).
        A: (orders, 1, channels, states).
        B, C: (length, orders, batch, states).

    Returns:
        y, shaped as u.
    """
    h = torch.zeros_like(u[0]).unsqueeze(-1) * A
    ys = []
    for t in range(u.size(0)):
        h = torch.exp(delta[t].unsqueeze(-1) * A) * h + (delta[t] * u[t]).unsqueeze(-1) * B[t].unsqueeze(-2)
        ys.append((h * C[t].unsqueeze(-2)).sum(-1))
    return torch.stack(ys)


@cache
def _scripted() -> Any:
    """`recur` with its loop, which a trace would unroll."""
    return torch.jit.script(recur)


class _Node(torch.autograd.Function):
    """`recur` as one node of an ONNX graph."""

    @staticmethod
    def forward(ctx: Any, *inputs: Tensor) -> Tensor:
        return _scripted()(*inputs)

    @staticmethod
    def symbolic(graph: Any, *inputs: Any) -> Any:
        return graph.op(NODE, *inputs).setType(inputs[0].type())
