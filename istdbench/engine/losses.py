"""Training losses on logits, by the name that a protocol uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from istdbench.errors import UsageError

Loss = Callable[[Tensor, Tensor], Tensor]


def soft_iou(logits: Tensor, target: Tensor) -> Tensor:
    """1 - IoU of probabilities over the whole batch, with 1 added above and below.

    Args:
        logits: (B, 1, H, W).
        target: (B, 1, H, W), 0 or 1.

    Source: Rahman and Wang 2016, Eq. 2; over the batch and with 1 added, as ACM, DNANet and BasicIRSTD do.
    """
    score = logits.sigmoid()
    both = (score * target).sum()
    return 1 - (both + 1) / (score.sum() + target.sum() - both + 1)


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """1 - Dice coefficient of probabilities over the whole batch, with 1 added above and below.

    Args:
        logits: (B, 1, H, W).
        target: (B, 1, H, W), 0 or 1.

    Source: Milletari et al. 2016 (V-Net), Section 3, without its squares.
    """
    score = logits.sigmoid()
    return 1 - (2 * (score * target).sum() + 1) / (score.sum() + target.sum() + 1)


def bce(logits: Tensor, target: Tensor) -> Tensor:
    """Mean binary cross-entropy per pixel. Shapes as in `dice`."""
    return F.binary_cross_entropy_with_logits(logits, target)


LOSSES: Mapping[str, Loss] = {"soft_iou": soft_iou, "dice": dice, "bce": bce}


def weighted_loss(weights: Mapping[str, float]) -> Loss:
    """The sum of named losses, each times its weight.

    Raises:
        UsageError: a name that is not in `LOSSES`.
    """
    unknown = sorted(set(weights) - set(LOSSES))
    if unknown:
        raise UsageError(f"protocol: no loss {unknown[0]!r}; there are: {', '.join(LOSSES)}")
    return lambda logits, target: torch.stack([w * LOSSES[name](logits, target) for name, w in weights.items()]).sum()
