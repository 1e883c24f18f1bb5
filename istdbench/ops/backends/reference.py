"""Backend `reference`: the scan written plainly, in any floating dtype, against which every other one is tested."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.ops.contract import ScanInputs


def multi_scan(inputs: ScanInputs) -> Tensor:
    """y, (batch, length, channels), in the dtype of x."""
    x, dt, proj, dt_proj, A, D, dt_bias, orders, softplus = inputs
    rank, states = dt_proj.shape[-1], A.shape[-1]
    y = torch.zeros_like(x)
    for k, order in enumerate(orders):
        u = x[:, order]
        low, B, C = proj[:, order, k].split([rank, states, states], 2)
        delta = low @ dt_proj[k].mT + dt_bias[k]
        delta = delta + dt[k][:, order] if len(dt) else delta
        delta = functional.softplus(delta) if softplus else delta
        y = y + _scan(u, delta, A[k], B, C, D[k])[:, order.argsort()]
    return y


def _scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    h = u.new_zeros(u.shape[0], *A.shape)
    ys = []
    # unbind, not indexing: the gradient of each index would be a tensor of full size, O(length^2) in all
    for u_t, delta_t, B_t, C_t in zip(u.unbind(1), delta.unbind(1), B.unbind(1), C.unbind(1), strict=True):
        decay = torch.exp(delta_t[..., None] * A)
        h = decay * h + (delta_t * u_t)[..., None] * B_t[:, None, :]
        ys.append((h * C_t[:, None, :]).sum(-1) + D * u_t)
    return torch.stack(ys, 1)
