"""SS2D: a gated selective scan over a two-dimensional map in four directions (VMamba, arXiv 2401.10166, Fig. 3)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.ops import ss2d
from istdbench.ops.orders import cross_scan

DIRECTIONS = 4
STEP_RANGE = (1e-3, 1e-1)  # Δ at initialisation, log-uniform (Mamba, section 3.6)


class SS2D(nn.Module):
    """Projection, depthwise 3 x 3 convolution, scan in four directions, norm, gate, projection."""

    def __init__(self, dim: int, *, states: int = 16, expansion: int = 2) -> None:
        """
        Args:
            dim: channels of the map.
            states: N, states a channel.
            expansion: channels in the scan, as a multiple of `dim`.
        """
        super().__init__()
        inside = expansion * dim
        rank = math.ceil(dim / 16)
        self.in_proj = nn.Linear(dim, 2 * inside, bias=False)
        self.conv = nn.Conv2d(inside, inside, 3, padding=1, groups=inside)
        self.x_proj = nn.Parameter(torch.empty(DIRECTIONS, rank + 2 * states, inside))
        self.dt_proj = nn.Parameter(torch.empty(DIRECTIONS, inside, rank))
        self.dt_bias = nn.Parameter(torch.empty(DIRECTIONS, inside))
        self.A_log = nn.Parameter(torch.empty(DIRECTIONS, inside, states))
        self.D = nn.Parameter(torch.empty(DIRECTIONS, inside))
        self.out_norm = nn.LayerNorm(inside)
        self.out_proj = nn.Linear(inside, dim, bias=False)
        self.reset_scan()

    @torch.no_grad()
    def reset_scan(self) -> None:
        """Initialise the scan as Mamba does: A = -1..-N (S4D-real), D = 1, softplus(dt_bias) within STEP_RANGE."""
        inside, rank = self.dt_proj.shape[1:]
        nn.init.uniform_(self.x_proj, -(inside**-0.5), inside**-0.5)
        nn.init.uniform_(self.dt_proj, -(rank**-0.5), rank**-0.5)
        low, high = map(math.log, STEP_RANGE)
        step = torch.exp(torch.empty_like(self.dt_bias).uniform_(low, high))
        self.dt_bias.copy_(step + torch.log(-torch.expm1(-step)))  # the inverse of softplus
        self.A_log.copy_(torch.arange(1, self.A_log.shape[-1] + 1).log().expand_as(self.A_log))
        nn.init.ones_(self.D)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, H, W, dim) to the same shape."""
        height, width = x.shape[1:3]
        # contiguous halves: SiLU of a strided one takes six times as long
        x, gate = (half.contiguous() for half in self.in_proj(x).chunk(2, dim=-1))
        x = F.silu(self.conv(x.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)
        y = ss2d(
            x.flatten(1, 2),
            cross_scan(height, width, x.device),
            self.x_proj,
            self.dt_proj,
            self.dt_bias,
            self.A_log,
            self.D,
        )
        y = self.out_norm(y).view(gate.shape)
        return self.out_proj(y * F.silu(gate))
