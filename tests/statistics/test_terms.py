"""Terms give the values that the metrics' own functions give."""

from __future__ import annotations

import numpy as np
import pytest
from count_tables import random_table

from istdbench.metrics import REFERENCE, MetricEntry
from istdbench.metrics.counts import FIELDS, from_table
from istdbench.statistics.resampling import ratio


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda entry: entry.name)
def test_sums_of_terms_give_the_metric(entry: MetricEntry) -> None:
    assert entry.terms is not None
    for seed in range(50):
        table = random_table(np.random.default_rng(seed), images=1 + seed % 5)
        value = float(ratio(entry.terms(table).sum(axis=0)))
        assert value == pytest.approx(entry.compute(from_table(table)), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda entry: entry.name)
def test_no_images_have_no_value(entry: MetricEntry) -> None:
    assert entry.terms is not None
    assert np.isnan(ratio(entry.terms(np.zeros((0, len(FIELDS)), dtype=np.int64)).sum(axis=0)))


def test_only_pd_counts_independent_trials() -> None:
    assert [entry.name for entry in REFERENCE if entry.interval == "wilson"] == ["Pd"]
