"""Training images from which a recipe's losses teach nothing: those without a target, where no loss has a gradient."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from istdbench.datasets.dataset import Sample
from istdbench.protocols.fields import Training
from istdbench.training.losses import WITHOUT_GRADIENT_ON_BACKGROUNDS


def warn_of_untaught(recipe: Training, samples: Iterable[Sample]) -> None:
    """Warn where there are images without a target, and the losses on masks have no gradient in them."""
    images = list(samples)
    backgrounds = sum(not sample.mask.any() for sample in images)
    if not backgrounds or not recipe.losses or not recipe.losses.keys() <= WITHOUT_GRADIENT_ON_BACKGROUNDS:
        return
    warnings.warn(
        f"{backgrounds} of {len(images)} training images have no target, and {', '.join(recipe.losses)} has no "
        "gradient there, so that they teach the network's masks nothing; losses.bce=1 of the training has one",
        stacklevel=2,
    )
