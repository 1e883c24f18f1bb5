"""What a training minimises: a recipe's losses over all that a network returns in training mode."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from istdbench.errors import UsageError
from istdbench.methods.answers import check_heads
from istdbench.methods.outputs import Outputs
from istdbench.protocols.fields import Training
from istdbench.training.losses import weighted_loss

Objective = Callable[[Tensor | Outputs, Tensor, Tensor, int], Tensor]
"""The loss of a network's answer, given the images (B, C, H, W) that it saw, their masks (B, 1, H, W), 0 or 1, and the
epoch, counted from 0."""


def objective(recipe: Training) -> Objective:
    """The mean of `losses` over the supervised heads, plus `edge_losses`, `interior_losses` and the weighted
    reconstruction error.

    A coarser head is compared with the max-pooled mask, in which no target is lost. While the warm-up lasts, its losses
    on its one head stand in the place of `losses`. A released training that adds its n heads up is one of weights n:
    Adam, AdamW, and Adagrad without weight decay, make the same steps either way, SGD makes them n times as long.

    Raises:
        UsageError: by the result, a part of the recipe that the network has no head for.
        DataError: by the result, an answer that is none, see `istdbench.methods.answers`.
    """
    mask_loss = weighted_loss(recipe.losses)
    edge_loss = weighted_loss(recipe.edge_losses) if recipe.edge_losses else None
    interior_loss = weighted_loss(recipe.interior_losses) if recipe.interior_losses else None
    warm_up = recipe.warm_up
    warm_up_loss = weighted_loss(warm_up.losses) if warm_up else mask_loss

    def total(answer: Tensor | Outputs, images: Tensor, masks: Tensor, epoch: int) -> Tensor:
        heads = answer if isinstance(answer, Outputs) else Outputs((answer,))
        check_heads(heads, images)
        of_head, supervised = mask_loss, heads.masks
        if warm_up is not None and in_warm_up(recipe, epoch):
            of_head, supervised = warm_up_loss, _chosen(heads.masks, warm_up.head)
        loss = torch.stack([of_head(logits, pooled(masks, logits)) for logits in supervised]).mean()
        if edge_loss is not None:
            loss = loss + edge_loss(_present(heads.edge, "edge_losses"), edges(masks))
        if interior_loss is not None:
            loss = loss + interior_loss(_present(heads.interior, "interior_losses"), masks * (1 - edges(masks)))
        if recipe.reconstruction is not None:
            loss = loss + recipe.reconstruction * F.mse_loss(_present(heads.image, "reconstruction"), images)
        return loss

    return total


def in_warm_up(recipe: Training, epoch: int) -> bool:
    """Whether an epoch, counted from 0, has the losses of the warm-up."""
    return recipe.warm_up is not None and epoch < recipe.warm_up.epochs


def edges(masks: Tensor) -> Tensor:
    """Pixels whose left and right neighbours differ, or whose upper and lower ones do: (B, 1, H, W), 0 or 1.

    An edge is two pixels wide, one in the target and one around it; beyond the image nothing is a target. This is where
    the gradient of the mask, which ISNet's released training compares edges with, is not zero; there it is 1, and √2
    where both pairs differ, which as a probability can only be 1.
    """
    around = F.pad(masks, (1, 1, 1, 1))
    across = around[..., 1:-1, 2:] != around[..., 1:-1, :-2]
    down = around[..., 2:, 1:-1] != around[..., :-2, 1:-1]
    return (across | down).to(masks.dtype)


def pooled(masks: Tensor, logits: Tensor) -> Tensor:
    """Masks (B, 1, H, W) on the grid of a head (B, 1, h, w): a coarse pixel is one if any of its pixels is."""
    fraction = masks.shape[-1] // logits.shape[-1]
    return masks if fraction == 1 else F.max_pool2d(masks, fraction)


def _chosen(heads: tuple[Tensor, ...], index: int) -> tuple[Tensor, ...]:
    if index >= len(heads):
        raise UsageError(
            f"protocol: training.warm_up.head is {index}, and this network has {len(heads)} heads, counted from 0"
        )
    return heads[index : index + 1]


def _present(head: Tensor | None, field: str) -> Tensor:
    if head is None:
        raise UsageError(f"protocol: training.{field} is set, and this network has no such head; leave it out")
    return head
