"""The two public scans: `ss2d`, the whole 2-D core of visual Mamba, and `selective_scan`, mamba-ssm's contract.

Symbol  Meaning                              Source
x, u    input sequence                       Mamba (Gu & Dao 2023), Eq. 1
delta   step size, softplus(dt + dt_bias)    Mamba, Algorithm 2
A       state matrix, diagonal, -exp(A_log)  Mamba, section 3.6
B, C    input and output matrices            Mamba, Algorithm 2
D       skip connection                      S4 (Gu et al. 2022), Eq. 1
z       gate                                 Mamba, Figure 3
L, N, R length, states, rank of delta        Mamba, section 3.6
K       number of scan orders                VMamba (Liu et al. 2024), SS2D
"""

from __future__ import annotations

from typing import Literal, overload

import torch
from torch import Tensor
from torch.nn import functional

from istdbench.errors import UsageError
from istdbench.ops.choice import choose
from istdbench.ops.contract import ScanInputs, SS2DInputs
from istdbench.ops.last_state import last_state


def ss2d(
    x: Tensor,
    orders: Tensor,
    x_proj: Tensor,
    dt_proj: Tensor,
    dt_bias: Tensor,
    A_log: Tensor,
    D: Tensor,
    *,
    backend: str | None = None,
) -> Tensor:
    """Selective scan of a map in several orders, added up (SS2D of VMamba; MiM-ISTD's inner and outer Mamba).

    For each order k: the rows of x_proj[k] x are (low-rank delta, B, C); delta = softplus(dt_proj[k] low + dt_bias[k]);
    the scan runs along orders[k], and its output goes back to the positions. The projections act on each position
    alone, so they commute with the permutation and are done once, in spatial order.

    Args:
        x: (batch, L, C) tokens in spatial order, channel-last.
        orders: (K, L) int64, each row a permutation; see `istdbench.ops.orders.cross_scan`.
        x_proj: (K, R + 2 N, C).
        dt_proj: (K, C, R).
        dt_bias: (K, C).
        A_log: (K, C, N).
        D: (K, C).
        backend: one of `backends()`; default by device, or ISTDBENCH_SCAN.

    Returns:
        y, (batch, L, C), float32 (float64 for float64 input).

    Raises:
        UsageError: complex numbers, shapes that do not fit together, or a backend that cannot run.
    """
    length, channels = x.shape[1:]
    K, _, states = A_log.shape
    rank = dt_proj.shape[-1]
    _check_real(x=x, x_proj=x_proj, dt_proj=dt_proj, dt_bias=dt_bias, A_log=A_log, D=D)
    _check_shape("orders", orders, (K, length))
    _check_shape("x_proj", x_proj, (K, rank + 2 * states, channels))
    _check_shape("dt_proj", dt_proj, (K, channels, rank))
    _check_shape("dt_bias", dt_bias, (K, channels))
    _check_shape("A_log", A_log, (K, channels, states))
    _check_shape("D", D, (K, channels))

    chosen = choose(x, states, backend)
    x = x if chosen.half else _wide(x)
    return chosen.ss2d(SS2DInputs(x, _wide(x_proj), _wide(dt_proj), _wide(A_log), _wide(D), _wide(dt_bias), orders))


@overload
def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    z: Tensor | None = None,
    delta_bias: Tensor | None = None,
    delta_softplus: bool = False,
    return_last_state: Literal[False] = False,
    *,
    backend: str | None = None,
) -> Tensor: ...


@overload
def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    z: Tensor | None = None,
    delta_bias: Tensor | None = None,
    delta_softplus: bool = False,
    *,
    return_last_state: Literal[True],
    backend: str | None = None,
) -> tuple[Tensor, Tensor]: ...


def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    D: Tensor | None = None,
    z: Tensor | None = None,
    delta_bias: Tensor | None = None,
    delta_softplus: bool = False,
    return_last_state: bool = False,
    *,
    backend: str | None = None,
) -> Tensor | tuple[Tensor, Tensor]:
    """Selective scan with the signature, layouts and semantics of mamba-ssm's `selective_scan_fn`, real numbers only.

    Args:
        u: (batch, D, L).
        delta: (batch, D, L).
        A: (D, N).
        B: (batch, N, L), or (batch, G, N, L) where each of G groups of D / G channels has its own.
        C: as B.
        D: (D,), the skip connection.
        z: (batch, D, L), the gate: the output is multiplied by silu(z).
        delta_bias: (D,), added to delta before the softplus.
        delta_softplus: whether delta goes through a softplus.
        return_last_state: whether the state after the last step is wanted too; gradients pass through it.
        backend: one of `backends()`; default by device, or ISTDBENCH_SCAN.

    Returns:
        y, (batch, D, L) in the dtype of u; computed in float32 (float64 for float64 input). With `return_last_state`
        y and the state (batch, D, N), which is float32 (float64 for float64 input).

    Raises:
        UsageError: complex numbers, shapes that do not fit together, or a backend that cannot run.
    """
    _check_real(u=u, delta=delta, A=A, B=B, C=C, D=D, z=z, delta_bias=delta_bias)
    B, C = (matrix[:, None] if matrix.dim() == 3 else matrix for matrix in (B, C))
    _check_groups(u, delta, A, B, C)
    channels, length = u.shape[1:]
    groups, states = B.shape[1:3]
    D = u.new_zeros(channels) if D is None else D
    delta_bias = u.new_zeros(channels) if delta_bias is None else delta_bias
    forward = torch.arange(length, device=u.device)[None]
    scan = choose(u, states, backend).multi_scan
    proj = torch.cat([B, C], 2).permute(1, 0, 3, 2)  # (G, batch, L, 2 N)
    parts = []
    width = channels // groups
    for g in range(groups):
        span = slice(g * width, (g + 1) * width)
        inputs = ScanInputs(
            x=_dense(u[:, span].mT),
            dt=_dense(delta[:, span].mT[None]),
            proj=_dense(proj[g][:, :, None]),
            dt_proj=_dense(u.new_empty(1, width, 0)),
            A=_dense(A[span][None]),
            D=_dense(D[span][None]),
            dt_bias=_dense(delta_bias[span][None]),
            orders=forward,
            softplus=delta_softplus,
        )
        parts.append(scan(inputs).mT)
    y = torch.cat(parts, 1)
    y = (y if z is None else y * functional.silu(_wide(z))).to(u.dtype)
    if not return_last_state:
        return y
    step = _wide(delta) + _wide(delta_bias)[:, None]
    return y, last_state(_wide(u), functional.softplus(step) if delta_softplus else step, _wide(A), _wide(B))


def _wide(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()


def _dense(tensor: Tensor) -> Tensor:
    return _wide(tensor).contiguous()


def _check_real(**tensors: Tensor | None) -> None:
    """Refuse complex numbers, whose imaginary part PyTorch would drop with no more than a warning."""
    for name, tensor in tensors.items():
        if tensor is not None and tensor.dtype.is_complex:
            kind = str(tensor.dtype).removeprefix("torch.")
            raise UsageError(
                f"{name}: {kind}, and the scan computes with real numbers only; give a real tensor, or take mamba-ssm, "
                "which has a scan with complex A, B and C"
            )


def _check_shape(name: str, tensor: Tensor, expected: tuple[int, ...]) -> None:
    if tensor.shape != expected:
        raise UsageError(f"{name}: shape {tuple(tensor.shape)}, but the other arguments ask for {expected}")


def _check_groups(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor) -> None:
    batch, channels, length = u.shape
    groups = B.shape[1]
    if groups == 0 or channels % groups:
        raise UsageError(f"B: {groups} groups, which do not divide the {channels} channels of u")
    _check_shape("delta", delta, (batch, channels, length))
    _check_shape("A", A, (channels, A.shape[-1]))
    _check_shape("B", B, (batch, groups, A.shape[-1], length))
    _check_shape("C", C, (batch, groups, A.shape[-1], length))
