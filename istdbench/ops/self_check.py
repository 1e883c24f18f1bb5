"""How far a backend of the scan is from the definition, on the machine that it runs on."""

from __future__ import annotations

import torch
from torch import Tensor

from istdbench.ops.orders import cross_scan
from istdbench.ops.scan import ss2d

SIDES = (4, 9)
"""Of the maps: 16 tokens are scanned in one piece, 81 in chunks where a backend has such."""
CHANNELS, STATES, RANK = 5, 16, 2
LIMIT = 1e-5
"""Of the difference relative to the norm. Right kernels stay below a tenth of it, on a GPU too."""


def difference(backend: str, device: str) -> float:
    """The largest relative difference, over two small maps, of `ss2d` and each of its gradients from the reference in
    float64."""
    return max(_difference(backend, device, side) for side in SIDES)


def _difference(backend: str, device: str, side: int) -> float:
    inputs = _inputs(side)
    expected = _results("reference", [tensor.double() for tensor in inputs], side)
    found = _results(backend, [tensor.to(device) for tensor in inputs], side)
    pairs = zip(found, expected, strict=True)
    return max(float((ours.cpu().double() - theirs).norm() / theirs.norm()) for ours, theirs in pairs)


def _inputs(side: int) -> list[Tensor]:
    """x, x_proj, dt_proj, dt_bias, A_log and D of `ss2d` for two maps in four orders."""
    source = torch.Generator().manual_seed(side)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=source)

    x_proj, dt_proj = normal(4, RANK + 2 * STATES, CHANNELS), normal(4, CHANNELS, RANK)
    A_log = torch.arange(1.0, STATES + 1).log().expand(4, CHANNELS, STATES).clone()
    return [normal(2, side**2, CHANNELS), x_proj, dt_proj, normal(4, CHANNELS) - 2, A_log, normal(4, CHANNELS)]


def _results(backend: str, inputs: list[Tensor], side: int) -> tuple[Tensor, ...]:
    learned = [tensor.requires_grad_() for tensor in inputs]
    x, *parameters = learned
    y = ss2d(x, cross_scan(side, side, x.device), *parameters, backend=backend)
    return y.detach(), *torch.autograd.grad((y * y.detach()).sum(), learned)
