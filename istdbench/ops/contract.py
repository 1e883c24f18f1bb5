"""What every scan backend computes, and the tensors that it takes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class ScanInputs(NamedTuple):
    """A batch of sequences to scan in several orders, whose results are put back in their positions and added up.

    Mamba (Gu & Dao 2023), Eq. 2 with the discretisation of its code (zero-order hold for A, Euler for B):
    delta = softplus(dt_proj low + dt + dt_bias); h_t = exp(delta_t A) h_(t-1) + delta_t B_t x_t; y_t = C_t h_t + D x_t.
    `ss2d` gives delta by its low rank, mamba-ssm's contract by channel; both are here, and either may be left out.

    The result of a scan is y, (batch, length, channels), in the dtype of x, or in float32 where that is narrower.

    Attributes:
        x: (batch, length, channels).
        dt: (orders, batch, length, channels), by position; (0, batch, length, channels) where there is none.
        proj: (batch, length, orders, rank + 2 states), by position: low-rank delta, B, C.
        dt_proj: (orders, channels, rank); the rank may be 0.
        A: (orders, channels, states).
        D: (orders, channels).
        dt_bias: (orders, channels).
        orders: (orders, length) int64; step t of order k visits position orders[k, t].
        softplus: whether delta goes through a softplus.
    """

    x: Tensor
    dt: Tensor
    proj: Tensor
    dt_proj: Tensor
    A: Tensor
    D: Tensor
    dt_bias: Tensor
    orders: Tensor
    softplus: bool


class SS2DInputs(NamedTuple):
    """A scan whose low-rank delta, B and C are projections of x: SS2D of VMamba (Liu et al. 2024).

    Attributes:
        x: (batch, length, channels).
        x_proj: (orders, rank + 2 states, channels).
        A_log: (orders, channels, states); A is -exp(A_log).
        dt_proj, D, dt_bias, orders: as in `ScanInputs`.
    """

    x: Tensor
    x_proj: Tensor
    dt_proj: Tensor
    A_log: Tensor
    D: Tensor
    dt_bias: Tensor
    orders: Tensor


def project(inputs: SS2DInputs) -> ScanInputs:
    """The scan that is left once x is projected. The projections have the dtype of x, also under autocast."""
    x, x_proj, dt_proj, A_log, D, dt_bias, orders = inputs
    proj = functional.linear(x, x_proj.flatten(0, 1).to(x.dtype)).unflatten(2, x_proj.shape[:2]).to(x.dtype)
    return ScanInputs(x, x.new_empty(0, *x.shape), proj, dt_proj, -torch.exp(A_log), D, dt_bias, orders, softplus=True)
