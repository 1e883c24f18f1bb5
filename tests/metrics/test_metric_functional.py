"""Values from counts by hand, what an empty set gives, and which maps are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from metric_maps import draw

from istdbench.errors import DataError, UsageError
from istdbench.metrics import METRIC_VERSION, REFERENCE, ImageCounts, MetricEntry, count_image, summarise
from istdbench.metrics.counts import total
from istdbench.metrics.functional import niou

FIRST = ImageCounts(1000, 6, 2, 4, targets=3, detected=2, regions=4, false_regions=2, false_pixels=2)
SECOND = ImageCounts(3000, 2, 4, 2, targets=1, detected=1, regions=2, false_regions=1, false_pixels=4)


def test_every_value_of_two_images_worked_out_by_hand():
    assert summarise([FIRST, SECOND]) == pytest.approx(
        {
            "IoU": 8 / 20,
            "nIoU": (6 / 12 + 2 / 8) / 2,
            "Pd": 3 / 4,
            "Fa": 6 / 4000,
            "precision": 8 / 14,
            "recall": 8 / 14,
            "F1": 8 / 14,
            "target_precision": 3 / 6,
            "target_F1": 6 / 10,
        }
    )


def test_the_keys_of_records_are_fixed():
    names = [entry.name for entry in REFERENCE]
    assert names == ["IoU", "nIoU", "Pd", "Fa", "precision", "recall", "F1", "target_precision", "target_F1"]
    assert METRIC_VERSION == 1


def test_fa_alone_is_better_when_low_and_is_shown_in_millionths():
    assert [entry.name for entry in REFERENCE if not entry.higher_is_better] == ["Fa"]
    assert {entry.name: (entry.scale, entry.unit) for entry in REFERENCE if entry.scale != 1} == {"Fa": (1e6, "1e-6")}


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda entry: entry.name)
def test_a_set_without_images_gives_nan(entry):
    assert math.isnan(entry.compute([]))


def test_the_sum_of_no_images_is_zero():
    assert total([]) == ImageCounts(*[0] * 9)


def test_a_metric_of_a_third_party_is_summarised_with_the_rest():
    entry = MetricEntry(
        name="misses",
        label="Misses",
        summary="targets missed",
        higher_is_better=False,
        compute=lambda counts: float(sum(image.targets - image.detected for image in counts)),
    )
    values = summarise([FIRST, SECOND], [*REFERENCE, entry])
    assert values["misses"] == 1
    assert values["Pd"] == 3 / 4


def test_an_unknown_policy_for_empty_images_is_refused():
    with pytest.raises(UsageError, match="there are skip, one, zero"):
        niou([FIRST], "ignore")


def test_niou_of_empty_images_alone_is_nan_only_when_they_are_skipped():
    blank = count_image(draw(shape=(4, 4)), draw(shape=(4, 4)))
    assert math.isnan(niou([blank]))
    assert (niou([blank], "one"), niou([blank], "zero")) == (1.0, 0.0)


MASK = draw((2, 2, 2, 2), shape=(8, 8))
REFUSED = [
    ("another shape", np.zeros((8, 9)), MASK, r"8 x 9 and the mask 8 x 8"),
    ("a batch", np.zeros((2, 8, 8)), np.zeros((2, 8, 8), dtype=bool), r"\(H, W\)"),
    ("no pixels", np.zeros((0, 8)), np.zeros((0, 8), dtype=bool), r"\(H, W\) with pixels"),
    ("NaN", np.where(MASK, np.nan, 0.0), MASK, "nan"),
    ("infinity", np.where(MASK, np.inf, 0.0), MASK, "inf"),
    ("a negative score", np.where(MASK, 1.0, -0.01), MASK, r"\[-0.01, 1.0\]"),
    ("grey levels", MASK * 255.0, MASK, r"not in \[0, 1\]"),
    ("a mask of 0 and 255", np.zeros((8, 8)), MASK * np.uint8(255), r"\[0, 255\]"),
    ("a mask of halves", np.zeros((8, 8)), MASK * 0.5, "not binary"),
    ("a mask with NaN", np.zeros((8, 8)), np.where(MASK, np.nan, 0.0), "not binary"),
]


@pytest.mark.parametrize(("score", "mask", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_maps_that_cannot_be_scored_are_refused(score, mask, message):
    with pytest.raises(DataError, match=message):
        count_image(score, mask)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_scores_and_masks_of_zeros_and_ones_may_have_any_type(dtype):
    assert count_image(MASK.astype(dtype), MASK.astype(dtype)) == count_image(MASK, MASK)


def test_the_inputs_are_left_as_they_were():
    score, mask = np.where(MASK, 0.9, 0.2), MASK.copy()
    score.setflags(write=False)
    mask.setflags(write=False)
    count_image(score, mask)
    np.testing.assert_array_equal(mask, MASK)


def test_a_higher_threshold_predicts_less():
    score = np.where(MASK, 0.7, 0.3)
    found = {threshold: count_image(score, MASK, threshold=threshold).regions for threshold in (0.2, 0.5, 0.7)}
    assert found == {0.2: 1, 0.5: 1, 0.7: 0}
    assert count_image(score, MASK, threshold=0.2).false_positive == 60
