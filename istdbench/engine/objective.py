"""What a training minimises: a recipe's losses over all that a network returns in training mode."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from istdbench.engine.losses import weighted_loss
from istdbench.errors import UsageError
from istdbench.methods.outputs import Outputs
from istdbench.protocols.protocol import Training

Objective = Callable[[Tensor | Outputs, Tensor, Tensor], Tensor]
"""The loss of a network's answer, given the images (B, C, H, W) that it saw and their masks (B, 1, H, W), 0 or 1."""


def objective(recipe: Training) -> Objective:
    """The mean of `losses` over the supervised heads, plus `edge_losses` and the weighted reconstruction error.

    A coarser head is compared with the max-pooled mask, in which no target is lost.

    Raises:
        UsageError: a loss that does not exist; by the result, a part of the recipe that the network has no head for.
    """
    mask_loss = weighted_loss(recipe.losses)
    edge_loss = weighted_loss(recipe.edge_losses) if recipe.edge_losses else None

    def total(answer: Tensor | Outputs, images: Tensor, masks: Tensor) -> Tensor:
        heads = answer if isinstance(answer, Outputs) else Outputs((answer,))
        loss = torch.stack([mask_loss(logits, pooled(masks, logits)) for logits in heads.masks]).mean()
        if edge_loss is not None:
            loss = loss + edge_loss(_present(heads.edge, "edge_losses"), edges(masks))
        if recipe.reconstruction is not None:
            loss = loss + recipe.reconstruction * F.mse_loss(_present(heads.image, "reconstruction"), images)
        return loss

    return total


def edges(masks: Tensor) -> Tensor:
    """Pixels of targets with a pixel beside them (8 neighbours) that is not: (B, 1, H, W), 0 or 1."""
    eroded = -F.max_pool2d(-masks, 3, stride=1, padding=1)
    return masks - eroded


def pooled(masks: Tensor, logits: Tensor) -> Tensor:
    """Masks (B, 1, H, W) on the grid of a head (B, 1, h, w): a coarse pixel is one if any of its pixels is."""
    fraction = masks.shape[-1] // logits.shape[-1]
    return masks if fraction == 1 else F.max_pool2d(masks, fraction)


def _present(head: Tensor | None, field: str) -> Tensor:
    if head is None:
        raise UsageError(f"protocol: training.{field} is set, and this network has no such head; leave it out")
    return head
