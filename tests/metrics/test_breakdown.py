"""Targets and false alarms one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from metric_maps import draw, prediction_and_mask

from istdbench.metrics.breakdown import BREAKDOWNS, examine, local_scr
from istdbench.metrics.counting import count_image

SIZE, SCR, IN_IMAGE = BREAKDOWNS
FLAT = np.full((64, 64), 100.0)


@settings(deadline=None, max_examples=60)
@given(prediction_and_mask())
def test_findings_add_up_to_the_counts_and_every_breakdown_holds_each_once(maps):
    predicted, mask = maps
    image = np.random.default_rng(0).random(mask.shape)
    counts, found = count_image(predicted * 1.0, mask), examine(image, predicted * 1.0, mask)
    assert len(found.targets) == counts.targets
    assert sum(target.detected for target in found.targets) == counts.detected
    assert len(found.false_alarms) == counts.false_regions
    assert sum(alarm.area for alarm in found.false_alarms) == counts.false_pixels
    for breakdown in BREAKDOWNS:
        groups = breakdown.groups([found, found])
        assert sum(group.targets for group in groups) == 2 * counts.targets
        assert sum(group.detected for group in groups) == 2 * counts.detected
        assert sum(group.false_alarms for group in groups) == 2 * counts.false_regions


def test_a_targets_iou_is_that_with_the_region_that_detects_it():
    mask, predicted = draw((10, 10, 2, 2), (40, 40, 3, 3), shape=(64, 64)), draw((10, 10, 2, 3), shape=(64, 64))
    hit, miss = examine(FLAT, predicted * 1.0, mask).targets
    assert (hit.detected, hit.iou, hit.area, hit.place) == (True, 4 / 6, 4, (10.5, 10.5))
    assert (miss.detected, miss.iou) == (False, 0)
    smallest = SIZE.groups([examine(FLAT, predicted * 1.0, mask)])[0]
    assert (smallest.label, smallest.iou) == ("1–9", 2 / 6)


def test_local_scr_is_contrast_over_deviation_within_twenty_pixels():
    image = np.zeros((100, 100))
    image[::2] = 2.0  # rows of 0 and 2: mean 1, deviation 1 where there are as many of both
    image[:, 75:] = 999  # more than 20 pixels to the right of the target
    target = draw((49, 50, 2, 3), shape=(100, 100))
    image[target] = 8.0
    window = image[29:71, 30:73]
    background = window[~target[29:71, 30:73]]
    wanted = (8 - background.mean()) / background.std()
    assert local_scr(image, np.flatnonzero(target), target) == pytest.approx(wanted)
    assert wanted == pytest.approx(7, abs=0.01)


def test_another_target_is_no_background():
    image, mask = FLAT.copy(), draw((20, 20, 3, 3), (20, 30, 3, 3), shape=(64, 64))
    image[::2] += 4
    image[mask] = 150
    image[20:23, 30:33] = 250
    alone = draw((20, 20, 3, 3), shape=(64, 64))
    scr = [local_scr(image, np.flatnonzero(alone), excluded) for excluded in (mask, alone)]
    assert scr[0] > 1.5 * scr[1]


def test_scr_without_variation_or_background_is_said_and_not_an_exception():
    target = draw((20, 20, 3, 3), shape=(64, 64))
    assert local_scr(FLAT + target, np.flatnonzero(target), target) == math.inf
    assert local_scr(FLAT, np.flatnonzero(target), target) == 0
    everything = np.ones((4, 4), bool)
    assert math.isnan(local_scr(np.ones((4, 4)), np.arange(16), everything))
    groups = SCR.groups([examine(np.ones((4, 4)), np.ones((4, 4)), everything)])
    assert (groups[-1].label, groups[-1].targets) == ("undefined", 1)


@pytest.mark.parametrize(("area", "label"), [(1, "1–9"), (9, "1–9"), (10, "10–25"), (80, "50–80"), (81, "81 and more")])
def test_edges_of_the_size_bins(area, label):
    mask = np.zeros((64, 64), bool)
    mask[5, :area], mask[6, : max(0, area - 64)] = True, True
    [group] = [group for group in SIZE.groups([examine(FLAT, mask * 0.0, mask)]) if group.targets]
    assert (group.label, group.pd, group.iou) == (label, 0, 0)


def test_single_and_several_targets_and_false_alarms_of_empty_images():
    one, two = draw((5, 5, 2, 2), shape=(64, 64)), draw((5, 5, 2, 2), (40, 40, 2, 2), shape=(64, 64))
    images = [examine(FLAT, one * 1.0, mask) for mask in (one, two, np.zeros_like(one))]
    table = [(group.label, group.targets, group.detected, group.false_alarms) for group in IN_IMAGE.groups(images)]
    assert table == [("none", 0, 0, 1), ("one", 1, 1, 0), ("several", 2, 1, 0)]
    assert math.isnan(IN_IMAGE.groups(images)[0].pd)
