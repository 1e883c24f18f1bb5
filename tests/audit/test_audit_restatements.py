"""Each rule against what the released code does, restated slowly: scikit-image regions, plain loops, their order.

Where a rule has ties to break between equal assignments, the case is left to the properties.
"""

from __future__ import annotations

import math

import numpy as np
from audit_maps import binary_maps
from hypothesis import given, settings
from skimage.measure import label, regionprops

from istdbench.audit import false_alarms, matching
from istdbench.audit.roc import Roc, of_overlapped_targets, of_pixels
from istdbench.audit.variant import BinaryMaps


def regions_of(binary):
    return regionprops(label(binary, connectivity=2))


def detected(choice, maps):
    return int((choice.apply(maps) >= 0).sum())


@settings(max_examples=200, deadline=None)
@given(binary_maps())
def test_false_alarms_of_dnanet_are_the_areas_not_in_the_list_of_matched_areas(maps):
    total, matched, left = [], [], regions_of(maps.predicted)
    for region in left:
        total.append(region.area)
    for target in regions_of(maps.truth):
        for region in left:
            if np.linalg.norm(np.array(region.centroid) - np.array(target.centroid)) < 3:
                matched.append(region.area)
                left.remove(region)
                break
    matches = matching.NEARER_THAN_THREE.apply(maps)
    assert int((matches >= 0).sum()) == len(matched)
    expected = sum(area for area in total if area not in matched)
    assert false_alarms.OF_NO_MATCHED_AREA.apply(maps, matches) == (expected, maps.truth.size)


@settings(max_examples=200, deadline=None)
@given(binary_maps())
def test_rpcanets_printed_pair_counts_overlapped_targets_and_background_pixels(maps):
    labels = label(maps.truth, connectivity=2)
    hits = sum(bool((maps.predicted & (labels == t)).any()) for t in range(1, labels.max() + 1))
    false, background = int((maps.predicted & (labels == 0)).sum()), int((labels == 0).sum())
    assert detected(matching.ANY_OVERLAP, maps) == hits
    assert false_alarms.OFF_TARGET.apply(maps, matching.ANY_OVERLAP.apply(maps)) == (false, background)


@settings(max_examples=200, deadline=None)
@given(binary_maps())
def test_rdians_window_is_the_slice_that_python_makes_of_it(maps):
    hits = 0
    for target in regions_of(maps.truth):
        row, column = (round(place) for place in target.centroid)
        window = np.zeros(maps.truth.shape)
        if row >= 2 and column >= 2:  # from -1 or -2 to a small end, a slice of a large image is empty
            window[row - 2 : row, column - 2 : column] = 1
        hits += (maps.predicted * window).sum() > 0
    assert detected(matching.TWO_BY_TWO, maps) == hits


@settings(max_examples=200, deadline=None)
@given(binary_maps())
def test_the_shooting_rule_looks_one_pixel_around_and_excuses_four(maps):
    hits, far = 0, np.ones(maps.truth.shape, dtype=bool)
    for target in regions_of(maps.truth):
        found = False
        for row, column in target.coords:
            far[max(0, row - 4) : row + 5, max(0, column - 4) : column + 5] = False
            found |= bool(maps.predicted[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].any())
        hits += found
    matches = matching.WITHIN_ONE_PIXEL.apply(maps)
    assert int((matches >= 0).sum()) == hits
    assert false_alarms.FAR_FROM_TARGETS.apply(maps, matches)[0] == int((maps.predicted & far).sum())


def pairs_by_brute_force(cost):
    """The assignment of least cost of a small matrix, as (row, column) pairs; None where it is not the only one."""
    rows, columns = cost.shape
    if rows > columns:
        found = pairs_by_brute_force(cost.T)
        return None if found is None else {(row, column) for column, row in found}
    best, ties = None, 0

    def extend(row, taken, total):
        nonlocal best, ties
        if row == rows:
            if best is None or total < best[0] - 1e-9:
                best, ties = (total, set(enumerate(taken))), 0
            elif total < best[0] + 1e-9:
                ties += 1
            return
        for column in range(columns):
            if column not in taken:
                extend(row + 1, [*taken, column], total + cost[row, column])

    extend(0, [], 0.0)
    return best[1] if ties == 0 else None


@settings(max_examples=300, deadline=None)
@given(binary_maps())
def test_opdc_is_overlap_first_and_then_distance(maps):
    targets, regions = regions_of(maps.truth), regions_of(maps.predicted)
    if not (0 < len(targets) <= 5 and 0 < len(regions) <= 5):
        return
    apart = np.array([[math.dist(t.centroid, r.centroid) for r in regions] for t in targets])
    overlap = np.zeros(apart.shape)
    for i, target in enumerate(targets):
        for j, region in enumerate(regions):
            one, other = set(map(tuple, target.coords)), set(map(tuple, region.coords))
            overlap[i, j] = len(one & other) / len(one | other)
    pairs = pairs_by_brute_force(apart)
    if pairs is None:
        return
    kept = {pair for pair in pairs if overlap[pair] >= 0.5}
    rows = [i for i in range(len(targets)) if i not in {row for row, _ in kept}]
    columns = [j for j in range(len(regions)) if j not in {column for _, column in kept}]
    if rows and columns:
        rest = pairs_by_brute_force(apart[np.ix_(rows, columns)])
        if rest is None:
            return
        kept |= {(rows[i], columns[j]) for i, j in rest if apart[rows[i], columns[j]] < 3}
    expected = [next((column for row, column in kept if row == i), -1) for i in range(len(targets))]
    assert matching.OPDC.apply(maps).tolist() == expected


@settings(max_examples=200, deadline=None)
@given(binary_maps())
def test_every_rule_names_regions_that_exist_or_a_miss(maps):
    rules = [
        matching.NEARER_THAN_THREE,
        matching.ANY_OVERLAP,
        matching.TWO_BY_TWO,
        matching.WITHIN_ONE_PIXEL,
        matching.OPDC,
    ]
    for rule in rules:
        matches = rule.apply(maps)
        assert matches.shape == (len(maps.targets),)
        assert ((matches >= -1) & (matches < len(maps.regions))).all()
    assert detected(matching.ANY_OVERLAP, maps) <= detected(matching.WITHIN_ONE_PIXEL, maps)


@settings(max_examples=30, deadline=None)
@given(binary_maps())
def test_curves_count_pixels_above_and_targets_not_below_each_of_201_thresholds(maps):
    rng = np.random.default_rng(int(maps.predicted.sum()))
    score = np.round(np.where(maps.predicted, 0.5, 0) + rng.random(maps.truth.shape) / 2, 2)
    labels = label(maps.truth, connectivity=2)
    pixels, targets = of_pixels(score, maps.truth), of_overlapped_targets(score, maps.truth)
    for k in (0, 1, 57, 100, 199, 200):
        above, reached = score > k / 200, score >= k / 200
        assert (pixels.hits[k], pixels.false[k]) == ((above & maps.truth).sum(), (above & ~maps.truth).sum())
        if labels.max():
            hits = sum(bool((reached & (labels == t)).any()) for t in range(1, labels.max() + 1))
            assert (targets.hits[k], targets.false[k]) == (hits, (reached & ~maps.truth).sum())


def test_an_area_sums_over_images_before_it_divides():
    score, truth = np.array([[0.2, 0.8]]), np.array([[False, True]])
    roc = Roc(of_pixels)
    assert roc.area([of_pixels(score, truth), of_pixels(1 - score, truth)]) == 0.5
    assert math.isnan(roc.area([of_pixels(score, np.zeros((1, 2), bool))]))


def test_regions_of_maps_are_found_once():
    maps = BinaryMaps(np.eye(3, dtype=bool), np.eye(3, dtype=bool))
    assert maps.regions is maps.regions and maps.region_map.tolist() == (np.eye(3) - 1).tolist()
