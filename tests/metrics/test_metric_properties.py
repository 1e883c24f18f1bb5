"""What must hold for any maps, whatever the values."""

from __future__ import annotations

from functools import reduce

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from metric_maps import image_sets, prediction_and_mask
from slow_counts import slow_regions

from istdbench.metrics import summarise
from istdbench.metrics.counting import count_image
from istdbench.metrics.counts import FIELDS, from_table, to_table, total

PIXEL_FIELDS = ["pixels", "true_positive", "false_positive", "false_negative", "targets", "regions"]


def count_set(images):
    return [count_image(predicted, mask) for predicted, mask in images]


def has_one_way_to_match(predicted, mask):
    """No target with two candidates, no region with two targets, no distance that rounding could move over 3 px."""
    targets, regions = (np.array([centre for _, centre in slow_regions(each)]) for each in (mask, predicted))
    if not len(targets) or not len(regions):
        return True
    apart = np.linalg.norm(targets[:, None] - regions[None], axis=-1)
    near = apart < 3
    return near.sum(0).max() <= 1 and near.sum(1).max() <= 1 and np.abs(apart - 3).min() > 1e-9


@settings(max_examples=100, deadline=None)
@given(prediction_and_mask())
def test_mirroring_changes_no_count_of_pixels_and_regions(maps):
    counts, mirrored = count_image(*maps), count_image(*(each[:, ::-1] for each in maps))
    assert [getattr(counts, name) for name in PIXEL_FIELDS] == [getattr(mirrored, name) for name in PIXEL_FIELDS]


@settings(max_examples=100, deadline=None)
@given(prediction_and_mask())
def test_mirroring_changes_nothing_where_the_match_is_plain(maps):
    assume(has_one_way_to_match(*maps))
    assert count_image(*maps) == count_image(*(each[:, ::-1] for each in maps))


@settings(max_examples=100, deadline=None)
@given(image_sets)
def test_iou_is_symmetric_and_precision_is_recall_the_other_way_round(images):
    values, swapped = summarise(count_set(images)), summarise(count_set([(mask, score) for score, mask in images]))
    for name, other in [("IoU", "IoU"), ("nIoU", "nIoU"), ("F1", "F1"), ("precision", "recall")]:
        np.testing.assert_equal(values[name], swapped[other])


@settings(max_examples=100, deadline=None)
@given(prediction_and_mask(), st.integers(1, 6), st.integers(1, 6))
def test_a_far_blob_adds_its_area_to_the_false_alarms_and_leaves_what_was_found(maps, height, width):
    predicted, mask = (np.pad(each, ((0, 16), (0, 16))) for each in maps)
    before = count_image(predicted, mask)
    predicted[-height:, -width:] = True
    after = count_image(predicted, mask)
    area = height * width
    assert (after.false_pixels, after.false_positive) == (before.false_pixels + area, before.false_positive + area)
    assert (after.regions, after.false_regions) == (before.regions + 1, before.false_regions + 1)
    kept = ["pixels", "true_positive", "false_negative", "targets", "detected"]
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


@settings(max_examples=100, deadline=None)
@given(prediction_and_mask())
def test_a_perfect_prediction_scores_in_full(maps):
    _, mask = maps
    assume(mask.any())
    values = summarise([count_image(mask, mask)])
    assert values.pop("Fa") == 0
    assert set(values.values()) == {1}


@settings(max_examples=100, deadline=None)
@given(image_sets, st.randoms(use_true_random=False))
def test_the_order_of_images_is_irrelevant(images, random):
    counts = count_set(images)
    shuffled = random.sample(counts, len(counts))
    np.testing.assert_equal(summarise(shuffled), summarise(counts))


@settings(max_examples=100, deadline=None)
@given(image_sets, st.integers(0, 5))
def test_sums_of_counts_may_be_grouped_in_any_way(images, cut):
    counts = count_set(images)
    assert total([total(counts[:cut]), total(counts[cut:])]) == total(counts)
    assert reduce(lambda left, right: total([left, right]), counts) == total(counts)


@settings(max_examples=100, deadline=None)
@given(image_sets)
def test_counts_come_back_from_their_table(images):
    counts = count_set(images)
    table = to_table(counts)
    assert (table.shape, table.dtype) == ((len(images), len(FIELDS)), np.int64)
    assert from_table(table) == counts


@settings(max_examples=100, deadline=None)
@given(prediction_and_mask())
def test_counts_are_consistent_with_each_other(maps):
    predicted, mask = maps
    counts = count_image(predicted, mask)
    assert counts.union == np.count_nonzero(predicted | mask)
    assert counts.detected + counts.false_regions == counts.regions
    assert counts.detected <= counts.targets
    assert counts.false_pixels <= counts.true_positive + counts.false_positive
