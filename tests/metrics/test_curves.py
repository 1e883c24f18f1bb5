"""Curves against slow loops over every distinct score."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_maps import draw, prediction_and_mask
from slow_counts import slow_count

from istdbench.detection.detections import find_detections
from istdbench.errors import DataError, UsageError
from istdbench.metrics.breakdown import examine
from istdbench.metrics.component_tree import find_components
from istdbench.metrics.counting import count_image
from istdbench.metrics.counts import ImageCounts, total
from istdbench.metrics.curves import DEFINITIONS, Curves
from istdbench.metrics.regions import find_regions

TENTH = 0.1
"""It is no number of float32; the nearest one is greater."""

Images = list[tuple[np.ndarray, np.ndarray]]


@st.composite
def scored_image(draw_from: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """A score map with 2 to 12 levels, high near a bool map that resembles the mask, and the mask."""
    shape_like, mask = draw_from(prediction_and_mask(largest=9))
    levels = draw_from(st.integers(2, 12))
    noise = np.random.default_rng(draw_from(st.integers(0, 2**32 - 1))).random(mask.shape)
    score = np.floor((0.6 * noise + 0.4 * shape_like) * levels) / levels
    return score.astype(draw_from(st.sampled_from([np.float32, np.float64]))), mask


image_sets = st.lists(scored_image(), min_size=1, max_size=3)


def curves_of(images: Images) -> Curves:
    curves = Curves()
    for score, mask in images:
        curves.update(score, mask)
    return curves


def thresholds(images: Images) -> list[float]:
    """Every distinct score, and one below all."""
    return [-math.inf, *np.unique(np.concatenate([score.ravel() for score, _ in images]))]


def loop(images: Images) -> dict[float, ImageCounts]:
    """The slow way: all images counted at every threshold."""
    return {t: total(slow_count(score > t, mask) for score, mask in images) for t in thresholds(images)}


def same(a: float, b: float) -> bool:
    return a == pytest.approx(b, abs=1e-12, nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(scored_image())
def test_the_tree_holds_the_regions_of_every_threshold(image):
    score, _ = image
    tree = find_components(score)
    for t in thresholds([image]):
        regions = find_regions(score > t)
        alive = np.flatnonzero((tree.below <= t) & (t < tree.level))
        alive = alive[np.argsort(tree.first[alive])]
        assert np.array_equal(tree.areas[alive], regions.areas)
        assert np.array_equal(tree.centroids[alive], regions.centroids)


@settings(deadline=None, max_examples=60)
@given(image_sets)
def test_detections_and_false_pixels_are_those_of_a_loop_over_every_distinct_score(images):
    counts = loop(images)
    detected, false_pixels = curves_of(images).detection().at(np.array(list(counts)))
    assert detected.tolist() == [c.detected for c in counts.values()]
    assert false_pixels.tolist() == [c.false_pixels for c in counts.values()]


@settings(deadline=None, max_examples=60)
@given(image_sets)
def test_the_best_points_are_the_fewest_false_pixels_for_each_number_of_detections(images):
    counts = loop(images)
    best = curves_of(images).detection().best()
    wanted, most = [], -1
    for c in sorted(counts.values(), key=lambda c: (c.false_pixels, -c.detected)):
        if c.detected > most:
            most = c.detected
            wanted.append((c.false_pixels, c.detected))
    assert list(zip(best.false_pixels.tolist(), best.detected.tolist(), strict=True)) == wanted
    for t, detected, false_pixels in zip(best.thresholds, best.detected, best.false_pixels, strict=True):
        assert (counts[t].detected, counts[t].false_pixels) == (detected, false_pixels)
        higher = [c for u, c in counts.items() if u > t]
        assert all((c.detected, c.false_pixels) != (detected, false_pixels) for c in higher)


@settings(deadline=None, max_examples=40)
@given(image_sets, st.sampled_from([0.01, 0.1, 1.0]))
def test_the_area_is_the_mean_of_the_best_pd_under_the_limit(images, limit):
    points = [(c.false_pixels / c.pixels, c.detected) for c in loop(images).values()]
    targets = sum(len(find_regions(mask)) for _, mask in images)
    curve = curves_of(images).detection()
    edges = sorted({fa for fa, _ in points if fa < limit} | {limit})
    area = sum(
        (right - left) * max(detected for fa, detected in points if fa <= left)
        for left, right in itertools.pairwise(edges)
    )
    assert same(curve.auc(limit), area / targets / limit if targets else math.nan)


@settings(deadline=None, max_examples=60)
@given(image_sets)
def test_pixel_curves_are_those_of_the_definitions(images):
    score = np.concatenate([score.ravel() for score, _ in images]).astype(float)
    mask = np.concatenate([mask.ravel() for _, mask in images])
    positives, negatives = score[mask], score[~mask]
    pixels = curves_of(images).pixels()
    if not len(positives) or not len(negatives):
        assert math.isnan(pixels.roc_auc())
    else:
        pairs = [(p > n) + (p == n) / 2 for p in positives for n in negatives]
        assert same(pixels.roc_auc(), sum(pairs) / len(pairs))
    if not len(positives):
        assert math.isnan(pixels.average_precision()) and math.isnan(pixels.best_iou()[1])
        return
    precision_sum = recall = 0.0
    for v in sorted(set(score), reverse=True):
        now = (positives >= v).mean()
        precision_sum += (now - recall) * (positives >= v).sum() / (score >= v).sum()
        recall = now
    assert same(pixels.average_precision(), precision_sum)
    ious = {t: ((score > t) & mask).sum() / ((score > t) | mask).sum() for t in thresholds(images)}
    t, iou = pixels.best_iou()
    assert same(iou, max(ious.values())) and t == max(t for t, value in ious.items() if same(value, iou))


def test_roc_points_are_those_of_every_distinct_score_without_those_on_a_line():
    score = np.array([[0.9, 0.8, 0.8, 0.7, 0.6, 0.1]])
    mask = np.array([[True, True, False, False, True, False]])
    false, true = curves_of([(score, mask)]).pixels().roc()
    points = list(zip(false, true, strict=True))
    for t in thresholds([(score, mask)]):
        point = ((score > t) & ~mask).sum() / 3, ((score > t) & mask).sum() / 3
        on_a_line = any(
            a[0] <= point[0] <= b[0] and same((point[1] - a[1]) * (b[0] - a[0]), (point[0] - a[0]) * (b[1] - a[1]))
            for a, b in itertools.pairwise(points)
        )
        assert on_a_line
    assert points[0] == (0, 0) and points[-1] == (1, 1)


def test_a_map_of_real_size_with_a_score_of_its_own_for_every_pixel_is_exact():
    rng = np.random.default_rng(0)
    mask = draw((20, 30, 3, 3), (22, 35, 2, 4), (60, 50, 5, 5), shape=(90, 110))
    rows, columns = np.mgrid[:90, :110]
    blobs = sum(np.exp(-((rows - r) ** 2 + (columns - c) ** 2) / 8) for r, c in ((21, 31), (22, 37), (62, 52), (5, 90)))
    score = (0.5 * blobs / blobs.max() + 0.5 * rng.random(mask.shape)).astype(np.float32)
    levels = np.unique(score)
    assert len(levels) > 0.99 * score.size
    detected, false_pixels = curves_of([(score, mask)]).detection().at(levels)
    for place in range(0, len(levels), 7):
        counts = count_image(score, mask, threshold=levels[place])
        assert (detected[place], false_pixels[place]) == (counts.detected, counts.false_pixels)


def test_pd_falls_where_two_targets_merge_and_the_best_pd_does_not():
    mask = draw((10, 10, 3, 3), (10, 20, 3, 3), shape=(32, 32))
    score = np.where(mask, 0.9, 0.0)
    score[11, 13:20] = 0.5  # a bridge
    curve = curves_of([(score, mask)]).detection()
    assert curve.at(np.array([0.0, 0.5]))[0].tolist() == [0, 2]
    assert curve.best().detected.tolist() == [2]
    assert curve.auc() == 1


def test_without_targets_pd_is_undefined_and_false_pixels_are_counted():
    score = np.array([[0.2, 0.7], [0.7, 0.1]])
    curve = curves_of([(score, np.zeros((2, 2), bool))]).detection()
    assert curve.at(np.array([-1.0, 0.5, 0.7]))[1].tolist() == [4, 2, 0]
    assert math.isnan(curve.auc())


def test_images_may_be_added_after_the_curve_was_read():
    mask = draw((2, 2, 2, 2), shape=(32, 32))
    curves = curves_of([(np.where(mask, 0.9, 0.1), mask)])
    assert curves.values()["Pd-Fa AUC"] == 1
    curves.update(np.where(mask, 0.1, 0.9), mask)
    assert curves.values()["Pd-Fa AUC"] == 0  # no threshold detects the first without the second's false alarm


def test_every_value_has_its_definition():
    mask = draw((2, 2, 2, 2), shape=(8, 8))
    assert set(curves_of([(mask * 0.9, mask)]).values()) == set(DEFINITIONS)


def test_bad_maps_and_no_maps_are_refused():
    with pytest.raises(DataError, match="not in"):
        Curves().update(np.full((4, 4), 7.0), np.zeros((4, 4), bool))
    with pytest.raises(UsageError, match="no image"):
        Curves().detection()


@st.composite
def near_thresholds(draw_from: st.DrawFn) -> tuple[np.ndarray, list[float]]:
    """A float32 map (5, 6), and thresholds at, right below and right above its scores, in float32 and in float64."""
    decimals = draw_from(st.lists(st.sampled_from([TENTH, 0.2, 0.3, 0.5, 0.7, 1 / 3]), min_size=1, max_size=3))
    drawn = draw_from(st.lists(st.floats(0, 0.75, width=32), max_size=3))
    centres = [*map(np.float32, decimals), *map(np.float32, drawn)]
    scores = [near for centre in centres for near in (np.nextafter(centre, np.float32(0)), centre)]
    scores += [np.nextafter(centre, np.float32(1)) for centre in centres]
    places = draw_from(st.lists(st.sampled_from(scores), min_size=30, max_size=30))
    exact = [float(score) for score in scores]
    others = [float(np.nextafter(value, end)) for value in exact for end in (0.0, 1.0)]
    return np.array(places, dtype=np.float32).reshape(5, 6), [*decimals, *exact, *others]


@settings(deadline=None, max_examples=100)
@given(near_thresholds())
def test_counts_and_curves_compare_scores_and_thresholds_as_the_numbers_that_they_are(drawn):
    score, chosen = drawn
    mask = draw((1, 1, 3, 3), shape=score.shape)
    detection, pixels = (curve() for curve in (curves_of([(score, mask)]).detection, curves_of([(score, mask)]).pixels))
    for threshold in chosen:
        predicted = np.array([[Fraction(float(pixel)) > Fraction(threshold) for pixel in row] for row in score])
        wanted = slow_count(predicted, mask)
        assert count_image(score, mask, threshold=threshold) == wanted
        assert count_image(score.astype(np.float64), mask, threshold=threshold) == wanted
        assert detection.at(np.array([threshold])) == (wanted.detected, wanted.false_pixels)
        assert pixels.at(np.array([threshold])) == (wanted.true_positive, wanted.false_positive)
        findings = examine(np.zeros(score.shape, np.float32), score, mask, threshold=threshold)
        assert len(findings.predicted_regions) == wanted.regions
        assert len(find_detections(score, threshold)) == wanted.regions


def test_a_threshold_that_is_no_number_is_refused():
    with pytest.raises(UsageError, match="threshold nan"):
        count_image(np.zeros((3, 3)), np.zeros((3, 3), bool), threshold=math.nan)
