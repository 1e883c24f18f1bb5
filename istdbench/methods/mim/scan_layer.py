"""What layers with selective scans share: the parameters of each direction, how they start, and the scan itself."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from istdbench.ops import ss2d

STEP_RANGE = (1e-3, 1e-1)  # Δ at initialisation, log-uniform (Mamba, section 3.6)


class ScanLayer(nn.Module):
    """Base class: a subclass calls `add_scans` where its parameters are to stand, and `reset_scan` at the end."""

    def add_scans(self, directions: int, dim: int, inside: int, states: int) -> None:
        """Add the parameters of the scans, without values yet.

        Args:
            directions: K.
            dim: channels of the map, which decide the rank of Δ.
            inside: channels in the scan.
            states: N, states a channel.
        """
        rank = math.ceil(dim / 16)
        self.x_proj = nn.Parameter(torch.empty(directions, rank + 2 * states, inside))
        self.dt_proj = nn.Parameter(torch.empty(directions, inside, rank))
        self.dt_bias = nn.Parameter(torch.empty(directions, inside))
        self.A_log = nn.Parameter(torch.empty(directions, inside, states))
        self.D = nn.Parameter(torch.empty(directions, inside))

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

    def scan(self, tokens: Tensor, orders: Tensor) -> Tensor:
        """Tokens (B, L, inside) scanned along orders (K, L), added up over the directions: the same shape."""
        return ss2d(tokens, orders, self.x_proj, self.dt_proj, self.dt_bias, self.A_log, self.D)

    def scan_one(self, k: int, tokens: Tensor, orders: Tensor) -> Tensor:
        """Tokens (B, L, inside) scanned in direction k alone: the same shape."""
        parameters = (self.x_proj, self.dt_proj, self.dt_bias, self.A_log, self.D)
        return ss2d(tokens, orders[k : k + 1], *(parameter[k : k + 1] for parameter in parameters))
