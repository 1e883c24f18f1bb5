"""What stands in for a part of a network, so that the equations around it can be written down."""

from __future__ import annotations

import torch
from torch import nn


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Times(nn.Module):
    """A multiple of a map."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.factor * x
