"""Where the released codes disagree: each case of the survey, with the answer of each variant it concerns.

Unless a test says otherwise, images are 256 x 256 with one 3 x 3 target, on which no 256 grid changes anything.
"""

from __future__ import annotations

import numpy as np
import pytest
from audit_maps import BY_NAME, boxes, named, values

from istdbench.audit.sets import targets_kept

TARGET = (100, 100, 3, 3)
FAR = [(20, 20), (20, 60), (20, 200), (200, 20), (200, 200)]
MASK, NOTHING = boxes(TARGET), boxes()
PIXELS = 256 * 256
ONE_TO_ONE = named("reference", "basicirstd", "dnanet", "rpcanet", "pyirstdmetrics")
BY_EQUAL_AREA = named("dnanet", "mshnet", "rpcanet")
BY_UNMATCHED_REGION = named("reference", "basicirstd", "pyirstdmetrics")
ZERO_FOR_EMPTY = named("acm", "rdian", "pyirstdmetrics")


@pytest.mark.parametrize("name", BY_EQUAL_AREA)
def test_false_blobs_as_large_as_the_found_target_vanish_in_the_dnanet_family(name):
    score = boxes(TARGET, *[(row, column, 3, 3) for row, column in FAR])
    assert values(name, (score, MASK))["Fa"] == 0


@pytest.mark.parametrize("name", BY_UNMATCHED_REGION)
def test_false_blobs_as_large_as_the_found_target_count_elsewhere(name):
    score = boxes(TARGET, *[(row, column, 3, 3) for row, column in FAR])
    assert values(name, (score, MASK))["Fa"] == pytest.approx(686.6e-6, rel=1e-4)


@pytest.mark.parametrize("name", [*BY_EQUAL_AREA, *BY_UNMATCHED_REGION])
def test_false_blobs_of_another_size_count_everywhere(name):
    score = boxes(TARGET, *[(row, column, 3, 4) for row, column in FAR])
    assert values(name, (score, MASK))["Fa"] == pytest.approx(915.5e-6, rel=1e-4)


def test_an_equal_area_is_excused_within_its_own_image_only():
    found, false = (MASK, MASK), (boxes((20, 20, 3, 3)), MASK)
    assert values("dnanet", found, false)["Fa"] == 9 / (2 * PIXELS)


@pytest.mark.parametrize("name", ONE_TO_ONE)
def test_exactly_three_pixels_is_a_miss_where_the_distance_decides(name):
    assert values(name, (boxes((100, 103, 3, 3)), MASK))["Pd"] == 0


def test_exactly_three_pixels_is_a_hit_by_the_shooting_rule_and_a_miss_by_overlap():
    beside = boxes((100, 103, 3, 3)), MASK
    assert values("pyirstdmetrics_shooting", beside)["Pd"] == 1
    assert values("rpcanet_overlap", beside)["Pd"] == 0


@pytest.mark.parametrize(("side", "pd"), [(256, 0), (320, 1), (400, 1)])
def test_the_three_pixel_rule_is_another_one_on_a_smaller_grid(side, pd):
    """Three pixels of an image of 320 are 2.4 pixels of its 256 x 256 copy."""
    shifted = boxes((100, 103, 8, 8), side=side), boxes((100, 100, 8, 8), side=side)
    assert values("reference", shifted)["Pd"] == 0
    assert values("dnanet", shifted)["Pd"] == pd


def test_two_pixels_become_a_miss_on_a_larger_grid_only():
    shifted = boxes((100, 102, 8, 8), side=300), boxes((100, 100, 8, 8), side=300)
    assert values("reference", shifted)["Pd"] == 1
    score, mask = BY_NAME["rdian"].grid.apply(shifted[0].astype(float), shifted[1])
    assert values("reference", (score, mask))["Pd"] == 0


def test_the_best_assignment_finds_what_raster_order_does_not():
    score = boxes((99, 102, 1, 1), (102, 99, 1, 1))
    mask = boxes((100, 100, 1, 1), (101, 104, 1, 1))
    assert values("basicirstd", (score, mask))["Pd"] == 0.5
    assert values("pyirstdmetrics", (score, mask))["Pd"] == 1
    assert values("basicirstd", (score[::-1], mask[::-1]))["Pd"] == 1


@pytest.mark.parametrize("name", [*ONE_TO_ONE, "rpcanet_overlap"])
def test_a_blob_of_21_x_21_over_the_target_finds_it(name):
    assert values(name, (boxes((91, 91, 21, 21)), MASK))["Pd"] == 1


def test_a_blob_of_21_x_21_over_the_target_is_a_false_alarm_only_where_pixels_are_counted():
    blob = boxes((91, 91, 21, 21)), MASK
    assert {values(name, blob)["Fa"] for name in ONE_TO_ONE} == {0}
    assert values("rpcanet_overlap", blob)["Fa"] == (441 - 9) / (PIXELS - 9)
    assert values("pyirstdmetrics_shooting", blob)["Fa"] == (441 - 11 * 11) / PIXELS


@pytest.mark.parametrize("name", ZERO_FOR_EMPTY)
def test_an_empty_image_left_empty_halves_niou_beside_a_perfect_one(name):
    found = values(name, (MASK, MASK), (NOTHING, NOTHING))
    assert (found["IoU"], found["nIoU"]) == (1, 0.5)
    assert values("reference", (MASK, MASK), (NOTHING, NOTHING))["nIoU"] == 1


def test_an_empty_image_left_empty_halves_niou_after_the_stretch_from_minimum_to_maximum_too():
    large, empty = boxes((100, 100, 20, 20), side=320), boxes(side=320)
    assert values("uiunet", (large, large), (empty, empty))["nIoU"] == 0.5


def test_an_empty_image_is_a_phantom_miss_of_opdc():
    assert values("pyirstdmetrics", (MASK, MASK), (NOTHING, NOTHING))["Pd"] == 0.5
    assert values("reference", (MASK, MASK), (NOTHING, NOTHING))["Pd"] == 1


def test_images_without_targets_are_no_part_of_rpcanets_printed_fa():
    images = (boxes(TARGET, (20, 20, 2, 2)), MASK), (boxes((20, 20, 5, 5)), NOTHING)
    assert values("rpcanet_overlap", *images)["Fa"] == 4 / (PIXELS - 9)
    assert values("rpcanet", *images)["Fa"] == (4 + 25) / (2 * PIXELS)


@pytest.mark.parametrize("name", named("acm", "rdian", "pyirstdmetrics", "reference"))
def test_a_missed_small_target_weighs_little_in_iou_and_half_in_niou(name):
    found, missed = boxes((50, 50, 10, 10), side=512), boxes((50, 50, 2, 2), side=512)
    got = values(name, (found, found), (boxes(side=512), missed))
    assert (got["IoU"], got["nIoU"]) == (pytest.approx(0.9615, abs=5e-5), 0.5)


def test_pd_of_the_nth_evaluation_is_divided_by_n_where_targets_outlive_a_reset():
    single = values("dnanet", (MASK, MASK))
    epochs = [targets_kept(n).apply(single)["Pd"] for n in (1, 2, 3, 4)]
    assert epochs == pytest.approx([1, 0.5, 0.33, 0.25], abs=0.005)
    assert values("mshnet", (MASK, MASK)) == single | {"Pd": 0.5}


def test_a_pixel_on_the_very_centroid_does_not_find_the_target_in_rdians_window():
    mask, centre = boxes((100, 100, 3, 3), side=512), boxes((101, 101, 1, 1), side=512)
    assert values("rdian", (centre, mask))["Pd"] == 0
    assert values("rdian", (boxes((100, 100, 1, 1), side=512), mask))["Pd"] == 1
    assert values("reference", (centre, mask))["Pd"] == 1


def test_rdians_window_misses_a_perfect_single_pixel_and_every_target_in_the_first_two_rows():
    for place in ((200, 200, 1, 1), (0, 200, 3, 3), (200, 0, 3, 3)):
        mask = boxes(place, side=512)
        assert values("rdian", (mask, mask))["Pd"] == 0


def test_a_faint_map_is_seen_once_it_is_rescaled():
    faint = MASK * 0.4
    assert values("reference", (faint, MASK))["Pd"] == 0
    assert values("rpcanet", (faint, MASK))["Pd"] == 1
    large = boxes((100, 100, 40, 40), side=320)
    assert values("uiunet", (large * 0.01, large))["IoU"] == 1


@pytest.mark.parametrize(("level", "iou", "niou"), [(0.2, 0, 0), (0.21, 0, 1), (0.23, 1, 1)])
def test_uiunet_has_one_threshold_for_iou_and_another_for_niou(level, iou, niou):
    mask = boxes((100, 100, 40, 40), side=320)
    score = mask * level
    score[0, 0] = 1  # what the map is stretched to; it costs a pixel of IoU
    got = values("uiunet", (score, mask))
    assert (got["IoU"], got["nIoU"]) == pytest.approx((iou, niou), abs=1e-3)


@pytest.mark.parametrize("name", named("rpcanet", "rpcanet_overlap", "uiunet"))
def test_a_map_of_zeros_predicts_nothing_though_it_cannot_be_rescaled(name):
    got = values(name, (NOTHING, MASK))
    assert (got["IoU"], got["Pd"], got["Fa"]) == (0, 0, 0)


def test_fa_of_a_small_image_is_over_the_pixels_of_the_grid():
    """DNANet divides by 256 x 256 an image, whatever its size; on its grid that is what the image has."""
    score, mask = boxes((5, 5, 16, 16), side=64), boxes((40, 40, 16, 16), side=64)
    assert values("reference", (score, mask))["Fa"] == 256 / 64**2
    stretched = values("dnanet", (score, mask))["Fa"] * PIXELS
    assert stretched == pytest.approx(256 * 16, rel=0.05) and stretched == int(stretched)


def test_aucs_are_one_for_a_perfect_map_and_cover_the_rates_reached():
    rng = np.random.default_rng(0)
    score = np.where(MASK, 0.9, rng.uniform(0.01, 0.3, MASK.shape))
    score[0, 0] = 1
    assert values("agpcnet", (score, MASK))["AUC"] == pytest.approx(1, abs=1e-3)
    assert values("rpcanet", (score, MASK))["AUC"] == pytest.approx(1, abs=1e-3)
    assert values("agpcnet", (1 - score, MASK))["AUC"] == pytest.approx(0, abs=1e-3)
