"""The selective scan written plainly, in any floating dtype: the oracle that every other backend is tested against."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def multi_scan(
    x: Tensor,
    dt: Tensor,
    proj: Tensor,
    dt_proj: Tensor,
    A: Tensor,
    D: Tensor,
    dt_bias: Tensor,
    orders: Tensor,
    softplus: bool,
) -> Tensor:
    """Scan a batch of sequences in several orders and add the results up, each put back in its position.

    Mamba (Gu & Dao 2023), Eq. 2 with the discretisation of its code (zero-order hold for A, Euler for B):
    delta = softplus(dt_proj low + dt + dt_bias); h_t = exp(delta_t A) h_(t-1) + delta_t B_t x_t; y_t = C_t h_t + D x_t.
    `ss2d` gives delta by its low rank, mamba-ssm's contract by channel; both are here, and either may be left out.

    Args:
        x: (batch, length, channels).
        dt: (orders, batch, length, channels), by position; (0, batch, length, channels) where there is none.
        proj: (batch, length, orders, rank + 2 states), by position: low-rank delta, B, C.
        dt_proj: (orders, channels, rank); the rank may be 0.
        A: (orders, channels, states).
        D: (orders, channels).
        dt_bias: (orders, channels).
        orders: (orders, length) int64; step t of order k visits position orders[k, t].
        softplus: whether delta goes through a softplus.

    Returns:
        y, (batch, length, channels), in the dtype of x.
    """
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


def ss2d(x: Tensor, x_proj: Tensor, dt_proj: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor) -> Tensor:
    """Project x to low-rank delta, B and C, and scan it in several orders: SS2D of VMamba (Liu et al. 2024).

    Args:
        x: (batch, length, channels).
        x_proj: (orders, rank + 2 states, channels).
        dt_proj, A, D, dt_bias, orders: see `multi_scan`.

    Returns:
        y, (batch, length, channels), in the dtype of x.
    """
    return project_and(multi_scan, x, x_proj, dt_proj, A, D, dt_bias, orders)


def project_and(
    scan: Callable[..., Tensor],
    x: Tensor,
    x_proj: Tensor,
    dt_proj: Tensor,
    A: Tensor,
    D: Tensor,
    dt_bias: Tensor,
    orders: Tensor,
) -> Tensor:
    """`ss2d` by means of a `scan` with the contract of `multi_scan`."""
    proj = functional.linear(x, x_proj.flatten(0, 1)).unflatten(2, x_proj.shape[:2]).to(x.dtype)  # autocast narrows it
    return scan(x, x.new_empty(0, *x.shape), proj, dt_proj, A, D, dt_bias, orders, True)


def _scan(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    h = u.new_zeros(u.shape[0], *A.shape)
    ys = []
    # unbind, not indexing: the gradient of each index would be a tensor of full size, O(length^2) in all
    for u_t, delta_t, B_t, C_t in zip(u.unbind(1), delta.unbind(1), B.unbind(1), C.unbind(1), strict=True):
        decay = torch.exp(delta_t[..., None] * A)
        h = decay * h + (delta_t * u_t)[..., None] * B_t[:, None, :]
        ys.append((h * C_t[:, None, :]).sum(-1) + D * u_t)
    return torch.stack(ys, 1)
