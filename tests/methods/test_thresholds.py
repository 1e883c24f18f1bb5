"""Threshold rules on hand-made responses, and the score map's exact meaning of 0.5."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from istdbench.errors import UsageError
from istdbench.methods.classical.tophat import TOPHAT
from istdbench.methods.method import Classical, Option
from istdbench.methods.thresholds import adaptive, choose_rule, half_max, score_map


def test_adaptive_takes_a_share_of_the_highest_response():
    response = np.array([[0, 0], [0, 10]], np.float32)  # mean 2.5, standard deviation 4.33
    assert adaptive()(response) == pytest.approx(7)
    assert adaptive(k=0.9)(response) == pytest.approx(9)


def test_adaptive_never_falls_below_the_mean_and_half_a_deviation():
    response = np.array([[10, 10], [10, 6]], np.float32)  # mean 9, standard deviation 1.732
    assert adaptive(k=0.7)(response) == pytest.approx(9 + 0.5 * 3**0.5)


def test_half_max_is_half_of_the_highest_response():
    assert half_max()(np.array([[1, 4]], np.float32)) == 2


def test_rules_carry_their_names():
    assert adaptive(k=0.7).name == "adaptive(k=0.7)"
    assert half_max().name == "half_max"


def test_a_rule_is_chosen_by_its_name_with_or_without_parameters():
    own = adaptive(k=0.9)
    assert choose_rule("adaptive(k=0.9)", own) is choose_rule("adaptive", own) is own
    assert choose_rule("adaptive(k=0.7)", own)(np.array([0, 10.0])) == pytest.approx(7.5)  # mean 5, deviation 5
    assert choose_rule("half_max", own).name == "half_max"
    with pytest.raises(UsageError, match=r"threshold=otsu is not one of adaptive\(k=0.9\), adaptive\(k=0.7\), half"):
        choose_rule("otsu", own)


def test_every_classical_method_takes_another_rule_and_records_its_full_name():
    assert (
        TOPHAT.resolve({}) == TOPHAT.resolve({"threshold": "adaptive"}) == {"size": 5, "threshold": "adaptive(k=0.7)"}
    )
    other = TOPHAT.resolve({"threshold": "half_max"})
    assert TOPHAT.resolve(other) == other
    image = np.zeros((9, 9), np.float32)
    image[4, 4] = 8
    assert TOPHAT.respond(image, other)[1] == 4
    assert TOPHAT.respond(image, TOPHAT.resolve({}))[1] == pytest.approx(5.6)


def test_a_rule_that_is_not_there_or_not_the_methods_to_choose_is_refused():
    with pytest.raises(UsageError, match="method 'tophat': threshold=otsu is not one of"):
        TOPHAT.resolve({"threshold": "otsu"})
    with pytest.raises(UsageError, match="no option 'treshold'; did you mean 'threshold'"):
        TOPHAT.resolve({"treshold": "half_max"})
    own = {"threshold": Option(1, "level")}
    with pytest.raises(UsageError, match="every classical method has the option 'threshold'; rename its own"):
        Classical(name="mine", summary="", paper="", response=np.abs, threshold=half_max(), options=own)


def test_a_score_grows_to_one_at_twice_the_threshold():
    response = np.array([0, 1, 2, 4, 100], np.float32)
    np.testing.assert_array_equal(score_map(response, 2.0), np.array([0, 0.25, 0.5, 1, 1], np.float32))


def test_without_a_positive_threshold_nothing_scores():
    assert not score_map(np.ones((3, 4), np.float32), 0.0).any()
    assert not score_map(np.ones((3, 4), np.float32), -1.0).any()


def test_one_rounding_step_above_the_threshold_is_above_a_half():
    threshold = np.float32(3)
    response = np.array([np.nextafter(threshold, np.float32(0)), threshold, np.nextafter(threshold, np.float32(9))])
    np.testing.assert_array_equal(score_map(response, 3.0) > 0.5, [False, False, True])


@given(
    arrays(np.float32, 20, elements=st.floats(0, 2.0**30, width=32)),
    st.floats(1e-6, 1e6),
)
def test_a_score_is_above_a_half_exactly_where_the_response_is_above_the_threshold(response, threshold):
    response[:3] = threshold, np.nextafter(np.float32(threshold), 0), np.nextafter(np.float32(threshold), np.inf)
    score = score_map(response, threshold)
    np.testing.assert_array_equal(score > 0.5, response.astype(float) > threshold)
    assert score.dtype == np.float32
    assert ((score >= 0) & (score <= 1)).all()
