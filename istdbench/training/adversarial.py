"""Adversarial training of two generators, one against missed targets and one against false alarms.

Source: Wang et al., Miss Detection vs. False Alarm, ICCV 2019; released code wanghuanphd/MDvsFA_cGAN,
`demo_MDvsFA_pytorch.py` at commit a077ba9. Weights are those of the protocol's `training.adversarial`.

Symbol   Meaning
x, m     image and mask
G_i      generator i = 1, 2: x to a score map in [0, 1]
D, φ     discriminator: x and a map to scores of three classes (m, G_1(x), G_2(x)), and its features
MD, FA   mean over all pixels of (G_i(x) - m)² m, and of (G_i(x) - m)² (1 - m)
E(s, k)  cross-entropy of the sigmoid of class scores s against class k

D minimises E(D(m), 0) + E(D(G_1), 1) + E(D(G_2), 2), then G_i, for i = 1 and for i = 2,
miss_i MD + false_alarm_i FA + deception E(D(G_i), 0) + consistency |φ(G_1) - φ(G_2)|², the last one's mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.errors import UsageError
from istdbench.methods.answers import check_map
from istdbench.methods.method import Learned
from istdbench.methods.parts.generators import Discriminator, Generating
from istdbench.protocols.fields import Adversarial


def build_discriminator(method: Learned, network: nn.Module) -> nn.Module:
    """The untrained discriminator of a method.

    Raises:
        UsageError: it has none, or its network has no generators.
    """
    if method.discriminator is None or not isinstance(network, Generating):
        raise UsageError(
            f"protocol: training.adversarial is set, and method {method.name!r} has no generators and discriminator; "
            "leave it out"
        )
    return method.discriminator()


def adversarial_losses(
    rules: Adversarial, network: nn.Module, discriminator: nn.Module, images: Tensor, masks: Tensor
) -> Iterator[Tensor]:
    """The losses of a batch: the discriminator's, the first generator's, the second's.

    The optimizer makes a step after each one, before the next is asked for: that sees the new weights. Only the module
    whose turn it is gets a gradient, and is in training mode.

    Args:
        network: with `generators`.
        images: (B, C, H, W).
        masks: (B, 1, H, W), 0 or 1.
    """
    assert isinstance(network, Generating)
    players = (discriminator, *network.generators)
    for index, player in enumerate(players):
        for other in players:
            other.train(other is player).requires_grad_(other is player)
        maps = [generator(images) for generator in network.generators]
        for made in maps:
            check_map("generator's map", made, images)
        scores, features = _judged(discriminator, images, [masks, *maps])
        if index == 0:
            yield torch.stack([_class_error(score, kind) for kind, score in enumerate(scores)]).sum()
        else:
            error = (maps[index - 1] - masks).square()
            yield (
                rules.miss[index - 1] * (error * masks).mean()
                + rules.false_alarm[index - 1] * (error * (1 - masks)).mean()
                + rules.deception * _class_error(scores[index], 0)
                + rules.consistency * F.mse_loss(features[1], features[2])
            )


def _judged(
    discriminator: Discriminator, images: Tensor, maps: Sequence[Tensor]
) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
    """Class scores and features of each kind of map, of one batch: batch norm takes its statistics over all kinds."""
    scores, features = discriminator(images.repeat(len(maps), 1, 1, 1), torch.cat(list(maps)))
    return scores.chunk(len(maps)), features.chunk(len(maps))


def _class_error(scores: Tensor, kind: int) -> Tensor:
    """E of class scores (B, 3)."""
    wanted = torch.zeros_like(scores)
    wanted[:, kind] = 1
    return F.binary_cross_entropy_with_logits(scores, wanted)
