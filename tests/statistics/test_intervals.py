"""Bootstrap intervals: against a slow loop, against SciPy, on data whose truth is known, and where there are none."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from count_tables import random_table
from scipy.stats import bootstrap

from istdbench.metrics import REFERENCE, Metric
from istdbench.metrics.counts import from_table, to_table
from istdbench.metrics.declared import FA, IOU, NIOU, PD
from istdbench.statistics import interval, intervals, resampling, wilson
from istdbench.statistics.bootstrap import bca
from istdbench.statistics.resampling import SEED, left_out_sums, ratio, resampled_sums

TABLE = random_table(np.random.default_rng(1), images=40)


def terms_of(metric: Metric, table: np.ndarray = TABLE) -> np.ndarray:
    assert metric.terms is not None
    return metric.terms(table)


def scipys_ends(terms: np.ndarray, resampled: np.ndarray) -> tuple[float, float]:
    """SciPy's BCa interval of a ratio of sums, from values on resampled images that it is given."""

    def value(images: np.ndarray, axis: int) -> np.ndarray:
        return ratio(terms[images].sum(axis=axis - 1))

    found = bootstrap(
        (np.arange(len(terms)),),
        value,
        n_resamples=0,
        bootstrap_result=SimpleNamespace(bootstrap_distribution=resampled),
        vectorized=True,
        method="BCa",
    )
    return found.confidence_interval.low, found.confidence_interval.high


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda entry: entry.name)
@pytest.mark.parametrize("images", [12, 40, 200])
def test_the_ends_are_those_of_scipys_bca_on_the_same_resampled_values(entry: Metric, images: int) -> None:
    terms = terms_of(entry, random_table(np.random.default_rng(images), images))
    resampled = ratio(resampled_sums(terms))
    assert np.isfinite(resampled).all()  # SciPy leaves no undefined sample out
    assert interval(terms) == pytest.approx(scipys_ends(terms, resampled), abs=1e-9)


def test_resampled_values_are_those_of_an_obvious_loop() -> None:
    images, rng = from_table(TABLE), np.random.default_rng(SEED)
    slow = [IOU.compute([images[drawn] for drawn in rng.integers(len(images), size=len(images))]) for _ in range(200)]
    assert ratio(resampled_sums(terms_of(IOU), resamples=200)).tolist() == pytest.approx(slow, rel=1e-12)


def test_values_with_an_image_left_out_are_those_of_an_obvious_loop() -> None:
    images = from_table(TABLE)
    slow = [NIOU.compute(images[:place] + images[place + 1 :]) for place in range(len(images))]
    assert ratio(left_out_sums(terms_of(NIOU))).tolist() == pytest.approx(slow, rel=1e-12)


def test_the_samples_do_not_depend_on_how_many_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = resampled_sums(terms_of(FA), resamples=100)
    monkeypatch.setattr(resampling, "CELLS", 7 * len(TABLE))
    assert np.array_equal(resampled_sums(terms_of(FA), resamples=100), whole)


def test_the_intervals_are_the_same_every_time() -> None:
    assert intervals(TABLE, REFERENCE) == intervals(TABLE, REFERENCE)


def test_pd_alone_has_wilsons_interval() -> None:
    assert [entry.name for entry in REFERENCE if entry.interval == "wilson"] == ["Pd"]
    assert intervals(TABLE, REFERENCE)["Pd"] == wilson(*terms_of(PD).sum(axis=0))


@pytest.mark.parametrize("entry", [IOU, NIOU, FA], ids=lambda entry: entry.name)
def test_about_nineteen_of_twenty_intervals_hold_the_truth(entry: Metric) -> None:
    """86 images drawn from a large set whose value is known, 200 times; binomial error is 1.5 %."""
    rng = np.random.default_rng(7)
    population = terms_of(entry, random_table(rng, images=5000))
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


def test_a_metric_that_is_no_ratio_has_no_interval() -> None:
    plain = Metric(name="x", label="x", summary="", higher_is_better=True, formula=lambda counts: 0.5)
    assert plain.terms is None and intervals(TABLE, [plain]) == {"x": None}
