"""Thresholds are chosen on validation images, and never on test images."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_training import Spots

from istdbench.errors import UsageError
from istdbench.scoring.image_counts import count_images, metric_values
from istdbench.scoring.loop import predictor_of
from istdbench.scoring.threshold import choose_threshold

SPOTS = Spots()
NAMES = SPOTS.names("official", "val")


BRIGHTNESS = predictor_of(lambda name, image: image / 255)


def every_threshold() -> list[tuple[float, dict[str, float]]]:
    scores = np.unique(np.concatenate([BRIGHTNESS(SPOTS.load(name)).score.ravel() for name in NAMES]))
    return [(t, metric_values(count_images(BRIGHTNESS, SPOTS, NAMES, t))) for t in scores[::-20]]


@pytest.mark.parametrize("fa", [0.0, 1e-3, 1e-1])
def test_no_threshold_has_a_larger_pd_at_that_fa_on_the_validation_images(fa):
    threshold = choose_threshold(BRIGHTNESS, SPOTS, fa)
    reached = metric_values(count_images(BRIGHTNESS, SPOTS, NAMES, threshold))
    assert reached["Fa"] <= fa
    assert reached["Pd"] >= max(values["Pd"] for _, values in every_threshold() if values["Fa"] <= fa)


def test_test_images_are_refused():
    with pytest.raises(UsageError, match="holds test images"):
        choose_threshold(BRIGHTNESS, SPOTS, 0.0, part="test")


def test_another_part_that_shares_images_with_the_test_part_is_refused():
    class Leaky(Spots):
        def splits(self):
            parts = super().splits()["official"]
            return {"official": {**parts, "all": (*parts["val"], *parts["test"])}}

    with pytest.raises(UsageError, match="'all' of split 'official' holds test images"):
        choose_threshold(BRIGHTNESS, Leaky(), 0.0, part="all")
