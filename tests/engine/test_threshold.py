"""Thresholds are chosen on validation images, and never on test images."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_training import Spots

from istdbench.engine.evaluate import count_images, metric_values
from istdbench.engine.threshold import choose_threshold, largest_iou, largest_pd
from istdbench.errors import UsageError

SPOTS = Spots()
NAMES = SPOTS.names("official", "val")


def brightness(name: str, image: np.ndarray) -> np.ndarray:
    return image / 255


def every_threshold() -> list[tuple[float, dict[str, float]]]:
    scores = np.unique(np.concatenate([brightness(name, SPOTS.load(name).image).ravel() for name in NAMES]))
    return [(t, metric_values(count_images(brightness, SPOTS, NAMES, t))) for t in scores[::-20]]


def test_no_threshold_has_a_larger_iou_on_the_validation_images():
    chosen = choose_threshold(brightness, SPOTS, largest_iou)
    reached = metric_values(count_images(brightness, SPOTS, NAMES, chosen.threshold))["IoU"]
    assert reached == pytest.approx(chosen.value) and chosen.images == len(NAMES)
    assert chosen.value >= max(values["IoU"] for _, values in every_threshold())


@pytest.mark.parametrize("fa", [0.0, 1e-3, 1e-1])
def test_no_threshold_has_a_larger_pd_at_that_fa_on_the_validation_images(fa):
    chosen = choose_threshold(brightness, SPOTS, largest_pd(fa))
    reached = metric_values(count_images(brightness, SPOTS, NAMES, chosen.threshold))
    assert reached["Pd"] == chosen.value and reached["Fa"] <= fa
    assert chosen.value >= max(values["Pd"] for _, values in every_threshold() if values["Fa"] <= fa)


def test_test_images_are_refused():
    with pytest.raises(UsageError, match="holds test images"):
        choose_threshold(brightness, SPOTS, largest_iou, part="test")


def test_another_part_that_shares_images_with_the_test_part_is_refused():
    class Leaky(Spots):
        def splits(self):
            parts = super().splits()["official"]
            return {"official": {**parts, "all": (*parts["val"], *parts["test"])}}

    with pytest.raises(UsageError, match="'all' of split 'official' holds test images"):
        choose_threshold(brightness, Leaky(), largest_iou, part="all")
