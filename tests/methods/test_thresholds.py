"""Threshold rules on hand-made responses, and the score map's exact meaning of 0.5."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from istdbench.methods.thresholds import adaptive, half_max, score_map


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
