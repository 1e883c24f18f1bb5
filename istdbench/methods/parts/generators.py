"""What adversarial training asks of a network and of the discriminator beside it (`Learned.discriminator`).

The discriminator is no part of the network, so that parameters and weights file are those of the detector alone.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Generating(Protocol):
    """A network whose answer comes from generators.

    Attributes:
        generators: two modules, each of which maps images (B, C, H, W) to score maps (B, 1, H, W) in [0, 1].
    """

    generators: nn.ModuleList


class Discriminator(Protocol):
    """Tells three kinds of maps apart: the mask (class 0) and what each generator makes of the image (1 and 2)."""

    def __call__(self, images: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, C, H, W) and maps (N, 1, H, W) in [0, 1] to class scores (N, 3) and features (N, ...)."""
