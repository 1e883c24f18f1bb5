"""Bootstrap intervals: against a slow loop, on data whose truth is known, and where there is nothing to resample."""

from __future__ import annotations

import numpy as np
import pytest
from count_tables import random_table

from istdbench.metrics import REFERENCE, MetricEntry
from istdbench.metrics.counts import from_table, to_table
from istdbench.metrics.functional import iou
from istdbench.statistics import interval, intervals, resampling
from istdbench.statistics.bootstrap import bca
from istdbench.statistics.resampling import left_out_sums, ratio, resampled_sums

IOU, NIOU, PD, FA = REFERENCE[:4]
TABLE = random_table(np.random.default_rng(1), images=40)


def slow_resamples(table: np.ndarray, resamples: int, seed: int) -> list[float]:
    """IoU of each sample of images, one after the other, by the metric's own function."""
    images, rng = from_table(table), np.random.default_rng(seed)
    return [iou([images[drawn] for drawn in rng.integers(len(images), size=len(images))]) for _ in range(resamples)]


def test_resampled_values_are_those_of_an_obvious_loop() -> None:
    assert IOU.terms is not None
    fast = ratio(resampled_sums(IOU.terms(TABLE), resamples=200, seed=3))
    assert fast.tolist() == pytest.approx(slow_resamples(TABLE, 200, 3), rel=1e-12)


def test_values_with_an_image_left_out_are_those_of_an_obvious_loop() -> None:
    assert NIOU.terms is not None
    images = from_table(TABLE)
    slow = [NIOU.compute(images[:place] + images[place + 1 :]) for place in range(len(images))]
    assert ratio(left_out_sums(NIOU.terms(TABLE))).tolist() == pytest.approx(slow, rel=1e-12)


def test_the_samples_do_not_depend_on_how_many_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FA.terms is not None
    whole = resampled_sums(FA.terms(TABLE), resamples=100)
    monkeypatch.setattr(resampling, "CELLS", 7 * len(TABLE))
    assert np.array_equal(resampled_sums(FA.terms(TABLE), resamples=100), whole)


def test_the_interval_is_the_same_every_time() -> None:
    assert intervals(TABLE, REFERENCE) == intervals(TABLE, REFERENCE)


def test_every_metric_lies_in_its_interval() -> None:
    found = intervals(TABLE, REFERENCE)
    for entry in REFERENCE:
        ends = found[entry.name]
        assert ends is not None
        assert ends[0] < entry.compute(from_table(TABLE)) < ends[1]


def test_a_mean_of_many_images_has_the_interval_of_the_central_limit_theorem() -> None:
    values = np.random.default_rng(0).normal(0.6, 0.1, size=400)
    ends = interval(np.stack([values, np.ones(400)], axis=1))
    error = values.std(ddof=1) / np.sqrt(400)
    assert ends == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.1 * error)


@pytest.mark.parametrize("entry", [IOU, NIOU, FA], ids=lambda entry: entry.name)
def test_about_nineteen_of_twenty_intervals_hold_the_truth(entry: MetricEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    """86 images drawn from a large set whose value is known, 200 times; binomial error is 1.5 %."""
    assert entry.terms is not None
    rng = np.random.default_rng(7)
    population = entry.terms(random_table(rng, images=5000))
    truth = float(ratio(population.sum(axis=0)))
    held = 0
    for _ in range(200):
        sample = population[rng.integers(len(population), size=86)]
        ends = bca(
            float(ratio(sample.sum(axis=0))),
            ratio(resampled_sums(sample, resamples=1000)),
            ratio(left_out_sums(sample)),
        )
        held += ends is not None and ends[0] <= truth <= ends[1]
    assert 0.90 <= held / 200 <= 0.99


def test_skew_moves_both_ends_of_the_interval_outwards_from_the_percentiles() -> None:
    """Efron's point: with a long right tail, plain percentiles end too low on both sides."""
    terms = np.stack([np.random.default_rng(2).lognormal(0, 1.5, size=60), np.ones(60)], axis=1)
    ends, percentiles = interval(terms), np.quantile(ratio(resampled_sums(terms)), [0.025, 0.975])
    assert ends is not None
    assert ends[0] > percentiles[0] and ends[1] > percentiles[1]


def test_equal_images_have_no_interval_rather_than_one_of_no_width() -> None:
    clean = to_table(from_table(TABLE)[:1] * 20)
    found = intervals(clean, REFERENCE)
    assert found["IoU"] is None and found["Fa"] is None


def test_an_undefined_metric_has_no_interval() -> None:
    nothing = np.zeros_like(TABLE)
    assert set(intervals(nothing, REFERENCE).values()) == {None}


def test_no_images_have_no_interval() -> None:
    assert set(intervals(TABLE[:0], REFERENCE).values()) == {None}


def test_samples_in_which_the_metric_is_undefined_are_left_out() -> None:
    one_predicts = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, 0.0], [1.0, 3.0]])
    ends = interval(one_predicts)
    assert ends is not None and 1 / 3 <= ends[0] < ends[1] <= 3 / 4


def test_a_metric_without_terms_has_no_interval() -> None:
    plain = MetricEntry(name="x", label="x", summary="", higher_is_better=True, compute=iou)
    assert intervals(TABLE, [plain]) == {"x": None}
