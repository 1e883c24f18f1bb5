"""Training losses on logits, by the name that a protocol uses.

Soft IoU comes in three forms, which differ most for small targets and for images without any: `soft_iou` over the whole
batch, with 1 added; `soft_niou`, the mean over images, with 1 added; `plain_niou`, likewise, with nothing added.

On an image without targets each is finite, and none rewards a score that rises: its gradient is positive at every
pixel, but for `plain_niou`, whose gradient there is 0. What adds 1 falls off as 1 / (S + 1)² with the sum S of all
scores there, so that it hardly acts on a network that still fires all over; `bce` beside it does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from istdbench.protocols.fields import LossName

Loss = Callable[[Tensor, Tensor], Tensor]

TINY = 1e-8
"""Keeps an image without targets and scores from dividing by zero; MSHNet's code adds it to centres, so it is there."""


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


def soft_niou(logits: Tensor, target: Tensor) -> Tensor:
    """1 - mean over images of the IoU of probabilities, with 1 added above and below. Shapes as in `soft_iou`.

    Source: released code of AGPCNet and RPCANet, `utils/loss.py`.
    """
    both, union = _overlap(logits.sigmoid(), target)
    return 1 - ((both + 1) / (union + 1)).mean()


def plain_niou(logits: Tensor, target: Tensor) -> Tensor:
    """As `soft_niou`, with nothing added: 1 without a gradient in an image without targets, which teaches nothing then.

    Source: released code of ISNet (`model/loss.py`) and of MSHNet, its first epochs.
    """
    both, union = _overlap(logits.sigmoid(), target)
    return 1 - (both / union).mean()


def sls(logits: Tensor, target: Tensor) -> Tensor:
    """Scale and location sensitive loss, the mean over images of L_S + L_L. Shapes as in `soft_iou`.

    L_S = 1 - w IoU with w = (min(p, t) + v) / (max(p, t) + v), where p and t are the sums of probabilities and of
    target pixels, and v = ((p - t) / 2)² is their variance.

    L_L = 1 - min(d_p, d_t) / max(d_p, d_t) + 4 / π² (θ_p - θ_t)², where d and θ are the distance and the angle of a
    target's centre, seen from the upper left corner. The released code divides the sum of a target's coordinates by the
    pixels of the image, not of the target, so that d grows with the target too. Ours does as the code.

    An image without targets has no place, and paper and training images have none such. The code would take its mask's
    centre for the corner: θ_p - θ_t then rewards scores that rise on the side where they turn θ_p to 0, half of the
    image. So here ours departs from the code, and has `soft_niou` of that image, p / (p + 1), alone.

    Source: Liu et al. 2024 (MSHNet, arXiv 2403.19366); released code Lliu666/MSHNet, `model/loss.py`.
    """
    score = logits.sigmoid()
    both, union = _overlap(score, target)
    p, t = score.sum((1, 2, 3)), target.sum((1, 2, 3))
    variance = ((p - t) / 2).square()
    scale = (torch.minimum(p, t) + variance) / (torch.maximum(p, t).clamp(min=TINY) + variance)
    (distance_p, angle_p), (distance_t, angle_t) = _polar_centre(score), _polar_centre(target)
    distance = torch.minimum(distance_p, distance_t) / (torch.maximum(distance_p, distance_t) + TINY)
    location = 1 - distance + 4 / math.pi**2 * (angle_p - angle_t).square()
    return torch.where(t > 0, 1 - scale * both / union + location, p / (p + 1)).mean()


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """1 - Dice coefficient of probabilities over the whole batch, with 1 added above and below.

    Shapes as in `soft_iou`.

    Source: Milletari et al. 2016 (V-Net), Section 3, without its squares.
    """
    score = logits.sigmoid()
    return 1 - (2 * (score * target).sum() + 1) / (score.sum() + target.sum() + 1)


def bce(logits: Tensor, target: Tensor) -> Tensor:
    """Mean binary cross-entropy per pixel. Shapes as in `soft_iou`."""
    return F.binary_cross_entropy_with_logits(logits, target)


def mse(logits: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of probabilities per pixel (Brier's score). Shapes as in `soft_iou`."""
    return F.mse_loss(logits.sigmoid(), target)


def focal(logits: Tensor, target: Tensor) -> Tensor:
    """Focal loss on labels between 0 and 1, over the sum of all pixels, divided by how many are 1, or by 1 of none.

    -t (1 - p)² log p - (1 - t)⁴ p² log(1 - p), with p the probability and t the label of a pixel.

    Args:
        logits: (B, 1, H, W).
        target: (B, 1, H, W), in [0, 1].

    Source: released code of LESPS, `utils.py: FocalLoss` and `net.py: Net.loss`. It is CornerNet's (Law and Deng 2018,
    Eq. 1, α 2, β 4), of which the first term there stands for labels of 1 alone. The code adds 1e-12 to what it takes
    a logarithm of; here it is taken of the logits, and is finite without.
    """
    score = logits.sigmoid()
    of_targets = target * (1 - score).square() * F.logsigmoid(logits)
    of_background = (1 - target).pow(4) * score.square() * F.logsigmoid(-logits)
    return -(of_targets + of_background).sum() / (target == 1).sum().clamp(min=1)


WITHOUT_GRADIENT_ON_BACKGROUNDS: frozenset[LossName] = frozenset({"plain_niou"})
"""Losses from which an image without targets teaches nothing."""

LOSSES: Mapping[LossName, Loss] = {
    "soft_iou": soft_iou,
    "soft_niou": soft_niou,
    "plain_niou": plain_niou,
    "sls": sls,
    "dice": dice,
    "bce": bce,
    "mse": mse,
    "focal": focal,
}


def weighted_loss(weights: Mapping[LossName, float]) -> Loss:
    """The sum of named losses, each times its weight."""
    return lambda logits, target: torch.stack([w * LOSSES[name](logits, target) for name, w in weights.items()]).sum()


def _overlap(score: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection and union of each image, (B,) both, of probabilities and a mask (B, 1, H, W). No union is 0."""
    both = (score * target).sum((1, 2, 3))
    union = score.sum((1, 2, 3)) + target.sum((1, 2, 3)) - both
    return both, union.clamp(min=TINY)


def _polar_centre(score: Tensor) -> tuple[Tensor, Tensor]:
    """Distance and angle (B,) of the mean over all pixels of score times coordinate, each side counting 0..1."""
    height, width = score.shape[-2:]
    x = (score * torch.arange(width, device=score.device) / width).mean((1, 2, 3))
    y = (score * torch.arange(height, device=score.device)[:, None] / height).mean((1, 2, 3))
    return (x.square() + y.square() + TINY).sqrt(), torch.atan(y / (x + TINY))
