"""Backend `mamba_ssm`: the CUDA kernel of the mamba-ssm package, where it is installed and the tensors are on a GPU."""

from __future__ import annotations

import importlib
from functools import lru_cache

import torch
from torch import Tensor

from istdbench.ops.contract import ScanInputs

INTERFACE = "mamba_ssm.ops.selective_scan_interface"
MAX_STATES = 256


@lru_cache
def why_not() -> str:
    """The reason why mamba-ssm cannot run on this machine; "" where it can."""
    if not torch.cuda.is_available():
        return "no CUDA device"
    try:
        importlib.import_module(INTERFACE)
    except ImportError as error:
        return f"{error}; install it with: pip install --no-build-isolation 'istdbench[cuda]'"
    return ""


def multi_scan(inputs: ScanInputs) -> Tensor:
    """y, (batch, length, channels), from one copy of the sequence an order, each with a group of its own."""
    x, dt, proj, dt_proj, A, D, dt_bias, orders, softplus = inputs
    batch, length, channels = x.shape
    k = torch.arange(len(orders), device=orders.device)
    low, B, C = proj.split([dt_proj.shape[-1], A.shape[-1], A.shape[-1]], 3)
    delta = torch.einsum("blkr,kcr->kblc", low, dt_proj)
    delta = delta + dt if len(dt) else delta
    u = x[:, orders].permute(0, 1, 3, 2).reshape(batch, -1, length)
    delta = delta[k[:, None], :, orders].permute(2, 0, 3, 1).reshape(batch, -1, length)
    B, C = (matrix[:, orders, k[:, None]].permute(0, 1, 3, 2).contiguous() for matrix in (B, C))
    interface = importlib.import_module(INTERFACE)
    ys = interface.selective_scan_fn(u, delta, A.flatten(0, 1), B, C, D.flatten(), None, dt_bias.flatten(), softplus)
    ys = ys.view(batch, len(orders), channels, length).permute(1, 3, 0, 2)
    return ys[k[:, None], orders.argsort()].sum(0).transpose(0, 1)
