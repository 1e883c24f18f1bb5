"""False alarms on backgrounds at every threshold, against counts at each threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from slow_counts import slow_regions

from istdbench.metrics.alarm_curve import AlarmCurve
from istdbench.metrics.alarms import ALARMED, FALSE_REGIONS
from istdbench.metrics.counting import count_image
from istdbench.metrics.curves import Curves
from istdbench.reports.curve_tables import detection_points

LEVELS = np.linspace(0, 1, 6, dtype=np.float32)
score_maps = st.lists(
    st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(
        lambda shape: arrays(np.float32, shape, elements=st.sampled_from(LEVELS.tolist()))
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(score_maps)
def test_at_each_threshold_are_the_regions_of_the_slow_reference(maps):
    curve = AlarmCurve()
    for score in maps:
        curve.add(score)
    thresholds = np.unique([*LEVELS, *(LEVELS[1:] + LEVELS[:-1]) / 2]).astype(np.float64)
    slow = [[len(slow_regions(score > threshold)) for score in maps] for threshold in thresholds]
    regions, alarmed = curve.at(thresholds)
    assert regions.tolist() == [sum(row) for row in slow]
    assert alarmed.tolist() == [sum(map(bool, row)) for row in slow]
    assert curve.backgrounds == len(maps)


def test_without_backgrounds_there_is_no_alarm_at_any_threshold():
    assert [found.tolist() for found in AlarmCurve().at(np.array([0.1, 0.5]))] == [[0, 0], [0, 0]]


@pytest.mark.parametrize("backgrounds", [0, 3])
def test_each_step_of_pd_says_what_its_threshold_does_on_backgrounds(backgrounds):
    rng = np.random.default_rng(0)
    mask = np.zeros((20, 20), dtype=bool)
    mask[5:7, 5:7] = True
    images = [(rng.random(mask.shape) ** 3 * 0.8 + 0.2 * mask, mask) for _ in range(3)]
    images += [(rng.random(mask.shape) ** 3, np.zeros_like(mask)) for _ in range(backgrounds)]
    curves = Curves()
    for score, truth in images:
        curves.update(score, truth)
    points = detection_points(curves)
    if not backgrounds:
        assert FALSE_REGIONS.name not in points
        return
    for row in points.itertuples():
        counts = [count_image(score, truth, threshold=row.threshold) for score, truth in images]
        assert row.false_regions == FALSE_REGIONS.compute(counts)
        assert row.alarmed_backgrounds == ALARMED.compute(counts)
