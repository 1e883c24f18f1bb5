"""False alarms on backgrounds, against image after image written out, and what must hold of any images."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from metric_maps import image_sets, prediction_and_mask
from slow_counts import slow_regions

from istdbench.errors import UsageError
from istdbench.metrics import ImageCounts
from istdbench.metrics.alarms import ALARMED, ALARMS, ALARMS_PER_HOUR, FALSE_REGIONS, FRAME_RATE, alarms_per_hour
from istdbench.metrics.counting import count_image
from istdbench.metrics.counts import from_table, to_table
from istdbench.statistics import interval, intervals, wilson

TARGET = ImageCounts(900, 4, 3, 0, targets=1, detected=1, regions=3, false_regions=2, false_pixels=3)
QUIET = ImageCounts(900, 0, 0, 0, targets=0, detected=0, regions=0, false_regions=0, false_pixels=0)
NOISY = ImageCounts(900, 0, 7, 0, targets=0, detected=0, regions=3, false_regions=3, false_pixels=7)

background_sets = st.lists(
    st.tuples(prediction_and_mask(largest=10), st.booleans()).map(
        lambda drawn: (drawn[0][0], np.zeros_like(drawn[0][1]) if drawn[1] else drawn[0][1])
    ),
    min_size=1,
    max_size=6,
)
"""Predictions and masks, about half of which are empty."""


def counted(images):
    return [count_image(predicted, mask) for predicted, mask in images]


def slow_alarms(images) -> tuple[Fraction, Fraction] | None:
    """False regions a background, and the share of backgrounds with one: from the maps, by scikit-image's labels."""
    regions = [len(slow_regions(predicted)) for predicted, mask in images if not any(mask.ravel().tolist())]
    if not regions:
        return None
    return Fraction(sum(regions), len(regions)), Fraction(sum(number > 0 for number in regions), len(regions))


def test_the_values_of_three_images_worked_out_by_hand():
    """Of the false regions beside the target nothing is counted."""
    assert [entry.compute([TARGET, QUIET, NOISY]) for entry in ALARMS] == [3 / 2, 1 / 2, 3 / 2 * 3600 * 25]


@settings(max_examples=300, deadline=None)
@given(background_sets)
def test_each_value_is_that_of_the_slow_reference(images):
    slow, values = slow_alarms(images), [entry.compute(counted(images)) for entry in ALARMS]
    if slow is None:
        assert all(map(math.isnan, values))
    else:
        regions, share = slow
        assert values == [float(regions), float(share), float(regions * 3600 * Fraction(FRAME_RATE))]


@settings(max_examples=100, deadline=None)
@given(background_sets, image_sets)
def test_images_with_a_target_change_nothing(images, others):
    with_targets = [(predicted, mask) for predicted, mask in others if mask.any()]
    for entry in ALARMS:
        np.testing.assert_equal(entry.compute(counted([*images, *with_targets])), entry.compute(counted(images)))


@settings(max_examples=100, deadline=None)
@given(background_sets, st.integers(1, 3))
def test_the_same_images_again_change_nothing_and_a_quiet_one_lowers_all(images, times):
    counts = counted(images)
    assume(FALSE_REGIONS.compute(counts) > 0)
    for entry in ALARMS:
        assert entry.compute(counts * times) == pytest.approx(entry.compute(counts), rel=1e-12)
        assert 0 < entry.compute([*counts, QUIET]) < entry.compute(counts)


@settings(max_examples=100, deadline=None)
@given(background_sets)
def test_the_share_is_at_most_the_regions_an_image_and_both_are_zero_together(images):
    regions, share = (entry.compute(counted(images)) for entry in (FALSE_REGIONS, ALARMED))
    assume(not math.isnan(share))
    assert 0 <= share <= min(1, regions) and (share == 0) == (regions == 0)


@given(st.floats(1e-3, 1e4))
def test_alarms_an_hour_are_false_regions_times_the_frames_of_an_hour(rate):
    entry = alarms_per_hour(rate)
    assert entry.compute([QUIET, NOISY]) == pytest.approx(1.5 * 3600 * rate, rel=1e-12)
    assert f"{rate:g}" in entry.name and f"{rate:g}" in entry.label


@pytest.mark.parametrize("rate", [0, -25, math.inf, math.nan, 1e308])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(UsageError, match="name the frames a second"):
        alarms_per_hour(rate)


def test_without_backgrounds_nothing_is_defined_and_nothing_is_zero():
    assert all(math.isnan(entry.compute([TARGET, TARGET])) for entry in ALARMS)
    assert set(intervals(to_table([TARGET] * 9), ALARMS).values()) == {None}


def test_the_share_has_wilsons_interval_over_backgrounds_alone():
    table = to_table([TARGET] * 40 + [NOISY] * 3 + [QUIET] * 7)
    assert intervals(table, ALARMS)[ALARMED.name] == wilson(3, 10)
    assert intervals(to_table([QUIET] * 10), ALARMS)[ALARMED.name] == wilson(0, 10)


def test_the_interval_of_alarms_an_hour_is_that_of_false_regions_in_another_unit():
    rng = np.random.default_rng(3)
    table = to_table(NOISY if rng.random() < 0.3 else QUIET for _ in range(60))
    ends = [interval(entry.terms(table)) for entry in (FALSE_REGIONS, ALARMS_PER_HOUR)]
    assert ends[1] == pytest.approx([90_000 * end for end in ends[0]])


def test_intervals_hold_the_truth_of_the_images_that_they_were_drawn_from():
    """Backgrounds of a large set with a known value, 86 at a time beside 86 images with targets, 100 times."""
    rng = np.random.default_rng(11)
    regions = rng.poisson(0.8, size=4000) * (rng.random(4000) < 0.6)
    population = [ImageCounts(900, 0, n, 0, 0, 0, regions=n, false_regions=n, false_pixels=n) for n in regions.tolist()]
    truth = {entry.name: entry.compute(population) for entry in ALARMS}
    rows, beside, held = to_table(population), to_table([TARGET] * 86), dict.fromkeys(truth, 0)
    for _ in range(100):
        drawn = np.concatenate([rows[rng.integers(len(rows), size=86)], beside])
        for name, ends in intervals(drawn, ALARMS).items():
            held[name] += ends[0] <= truth[name] <= ends[1]
    assert all(89 <= number <= 100 for number in held.values())


def test_a_table_and_its_images_give_the_same_value():
    table = to_table([TARGET, QUIET, NOISY])
    assert [entry.compute(from_table(table)) for entry in ALARMS] == [
        np.divide(*entry.terms(table).sum(axis=0)) for entry in ALARMS
    ]
