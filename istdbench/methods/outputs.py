"""What a network may return while it trains, where the evaluated logits are not all that its losses act on."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Outputs:
    """The heads of a network in training mode.

    Attributes:
        masks: logits (B, 1, h, w) of every supervised head, the one that evaluation returns first. Each has the image's
            size or an integer fraction of it, the first one the image's size.
        edge: logits (B, 1, H, W) of the edges of targets.
        image: (B, C, H, W), the input image as the network reconstructs it.
        interior: logits (B, 1, H, W) of the pixels of targets that are no edge.
    """

    masks: tuple[Tensor, ...]
    edge: Tensor | None = None
    image: Tensor | None = None
    interior: Tensor | None = None
