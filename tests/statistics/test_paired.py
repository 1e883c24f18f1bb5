"""The paired test: against SciPy, at its nominal level, and the images that it says are needed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from count_tables import random_table
from scipy.stats import permutation_test as exact_test

from istdbench.metrics import REFERENCE, Metric
from istdbench.metrics.declared import IOU
from istdbench.statistics import holm, paired
from istdbench.statistics.paired import permutation_test
from istdbench.statistics.resampling import RESAMPLES, ratio


def terms_of(seed: int, images: int = 40) -> np.ndarray:
    assert IOU.terms is not None
    return IOU.terms(random_table(np.random.default_rng(seed), images))


def means(values: np.ndarray) -> np.ndarray:
    """Terms of a plain mean over images."""
    return np.stack([values, np.ones(len(values))], axis=1)


def scipys_p_value(first: np.ndarray, second: np.ndarray) -> float:
    """SciPy's exact p-value: the share of all 2^n exchanges with a difference at least as large."""
    terms, images = np.concatenate([first, second]), np.arange(len(first))

    def difference(one: np.ndarray, other: np.ndarray) -> float:
        return float(ratio(terms[one].sum(axis=0)) - ratio(terms[other].sum(axis=0)))

    samples = (images, images + len(first))
    return exact_test(samples, difference, permutation_type="samples", n_resamples=np.inf, vectorized=False).pvalue


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda entry: entry.name)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_p_value_is_scipys_over_all_exchanges_within_monte_carlo_error(entry: Metric, seed: int) -> None:
    assert entry.terms is not None
    rng = np.random.default_rng(seed)
    first, second = (entry.terms(random_table(rng, 9)) for _ in range(2))
    expected = scipys_p_value(first, second)
    error = math.sqrt(expected * (1 - expected) / RESAMPLES)
    assert permutation_test(first, second) == pytest.approx(expected, abs=4 * error + 1e-9)


def test_two_alike_methods_are_told_apart_one_time_in_twenty() -> None:
    rng = np.random.default_rng(5)
    p_values = [permutation_test(means(rng.gamma(1, size=30)), means(rng.gamma(1, size=30)), 500) for _ in range(400)]
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.08


def test_a_small_difference_on_every_image_is_shown_although_the_intervals_overlap() -> None:
    values = np.random.default_rng(0).uniform(0.2, 1.0, size=86)
    noise = np.random.default_rng(1).normal(0, 0.01, size=86)
    found = paired(means(values), means(values - 0.02 + noise))
    assert found.shown and found.p_value < 0.001
    assert found.interval is not None and 0 < found.interval[0] < found.difference < found.interval[1] < 0.03


def test_a_method_is_equal_to_itself() -> None:
    found = paired(terms_of(0), terms_of(0))
    assert (found.difference, found.p_value, found.interval, found.needed) == (0, 1, None, None)


def test_the_other_way_round_gives_the_opposite() -> None:
    one, other = paired(terms_of(0), terms_of(1)), paired(terms_of(1), terms_of(0))
    assert one.difference == -other.difference
    assert (one.p_value, one.needed) == (other.p_value, other.needed)


def test_the_images_needed_are_those_of_the_paired_z_test() -> None:
    first, second = np.random.default_rng(4).normal(0.5, 0.1, size=(2, 60))
    gap = first - second
    expected = ((1.959964 + 0.841621) * gap.std(ddof=1) / gap.mean()) ** 2
    assert paired(means(first), means(second)).needed == math.ceil(expected)


def test_as_many_images_as_are_needed_show_the_difference_in_four_of_five_tries() -> None:
    rng = np.random.default_rng(4)
    gap = rng.normal(0.05, 0.15, size=60)
    size = paired(means(gap), means(np.zeros(60))).needed
    assert size is not None
    more = rng.normal(gap.mean(), gap.std(ddof=1), size=(200, size))
    p_values = [permutation_test(means(values), means(np.zeros(size)), 500) for values in more]
    assert 0.7 <= np.mean(np.array(p_values) < 0.05) <= 0.9


def test_an_undefined_metric_cannot_be_compared() -> None:
    found = paired(terms_of(0), np.zeros((40, 2)))
    assert math.isnan(found.p_value) and not found.shown
    assert found.interval is None and found.needed is None


def test_holm_s_own_rule_is_followed_step_by_step() -> None:
    p_values = [0.011, 0.04, 0.02, 0.005]
    rejected, left = set(), sorted(range(4), key=lambda index: p_values[index])
    while left and p_values[left[0]] <= 0.05 / len(left):
        rejected.add(left.pop(0))
    assert {index for index, p in enumerate(holm(p_values)) if p <= 0.05} == rejected


def test_adjusted_p_values_stay_in_order_and_below_one() -> None:
    assert holm([0.5, 0.6, 0.01]) == pytest.approx([1.0, 1.0, 0.03])
    assert holm([]) == []
