"""Which intervals are said to rest on few images."""

from __future__ import annotations

import numpy as np
import pytest

from istdbench.metrics.counts import FIELDS
from istdbench.metrics.declared import F1, FA, IOU, NIOU, PD
from istdbench.metrics.metric import Metric
from istdbench.statistics.coverage import least, rests_on_few


def table(images: int, false: int) -> np.ndarray:
    """Counts of images that each hold one detected target, of which `false` have false pixels."""
    counts = np.zeros((images, len(FIELDS)), dtype=np.int64)
    for field in ("pixels", "true_positive", "targets", "detected", "regions"):
        counts[:, FIELDS.index(field)] = 1
    counts[:false, FIELDS.index("false_pixels")] = 4
    return counts


@pytest.mark.parametrize(
    ("entry", "images", "false", "few"),
    [
        (IOU, least(IOU) - 1, 0, True),
        (IOU, least(IOU), 0, False),
        (NIOU, least(NIOU), 0, False),
        (F1, least(IOU) - 1, 0, True),  # not measured
        (FA, 500, least(FA) - 1, True),
        (FA, 500, least(FA), False),
        (PD, 2, 0, False),  # Wilson's interval counts targets
    ],
)
def test_an_interval_rests_on_the_images_that_carry_its_metric(entry: Metric, images: int, false: int, few: bool):
    assert rests_on_few(entry, table(images, false)) is few
