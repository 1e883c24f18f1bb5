"""The selective scan written plainly, in any floating dtype: the oracle that every other backend is tested against."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def multi_scan(
    x: Tensor, dt: Tensor, bc: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor, softplus: bool
) -> Tensor:
    """Scan a batch of sequences in several orders and add the results up, each put back in its position.

    Mamba (Gu & Dao 2023), Eq. 2 with the discretisation of its code (zero-order hold for A, Euler for B):
    delta = softplus(dt + dt_bias); h_t = exp(delta_t A) h_(t-1) + delta_t B_t x_t; y_t = C_t h_t + D x_t.

    Args:
        x: (batch, length, channels).
        dt: (orders, batch, length, channels), by position, before bias and softplus.
        bc: (batch, length, orders, 2, states), by position: B, then C.
        A: (orders, channels, states).
        D: (orders, channels).
        dt_bias: (orders, channels).
        orders: (orders, length) int64; step t of order k visits position orders[k, t].
        softplus: whether delta is softplus(dt + dt_bias) or dt + dt_bias itself.

    Returns:
        y, (batch, length, channels), in the dtype of x.
    """
    y = torch.zeros_like(x)
    for k, order in enumerate(orders):
        u = x[:, order]
        delta = dt[k][:, order] + dt_bias[k]
        delta = functional.softplus(delta) if softplus else delta
        B, C = bc[:, order, k].unbind(2)
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
