"""Which maps are counted and which are refused, and what the threshold does."""

from __future__ import annotations

import numpy as np
import pytest
from metric_maps import draw

from istdbench.errors import DataError
from istdbench.metrics.counting import count_image
from istdbench.metrics.declared import REFERENCE, summarise
from istdbench.metrics.metric import defined_on

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


def test_where_centres_alone_are_known_no_pixel_is_right_or_wrong():
    mask, score = np.zeros((40, 40), dtype=bool), np.zeros((40, 40))
    mask[10, 10] = mask[30, 30] = True
    score[9:14, 9:14] = score[0:3, 30:35] = score[30:32, 33:35] = 1.0  # 1.4 px off a centre, at none, 3.5 px off one
    found = count_image(score, mask, points=True)
    assert (found.targets, found.detected, found.regions, found.false_regions, found.false_pixels) == (2, 1, 3, 2, 19)
    assert (found.true_positive, found.false_positive, found.false_negative) == (0, 0, 0)
    values = summarise([found])
    undefined = [name for name, value in values.items() if np.isnan(value)]
    assert undefined == ["IoU", "nIoU", "precision", "recall", "F1"]
    assert undefined == [entry.name for entry in REFERENCE if entry not in defined_on("points", REFERENCE)]
