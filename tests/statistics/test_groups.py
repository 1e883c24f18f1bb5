"""Groups of rows, and the tables that they are tested on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from count_tables import random_table

from istdbench.errors import DataError
from istdbench.metrics.counts import FIELDS
from istdbench.statistics import aligned, count_table, groups

IMAGES = np.random.default_rng(0).uniform(0.4, 0.9, size=60)


def row(mean_gap: float, noise: float, seed: int = 1) -> np.ndarray:
    """Terms of a mean that lies `mean_gap` below that of IMAGES."""
    jitter = np.random.default_rng(seed).normal(0, noise, size=60)
    return np.stack([IMAGES - mean_gap + jitter - jitter.mean(), np.ones(60)], axis=1)


def test_rows_like_the_best_share_its_group_and_the_next_group_has_a_best_of_its_own() -> None:
    rows = [row(0, 0.02, 1), row(0.001, 0.02, 2), row(0.1, 0.02, 3), row(0.101, 0.02, 4), row(0.3, 0.02, 5)]
    assert groups(rows) == [1, 1, 2, 2, 3]


def test_a_noisy_row_may_be_like_the_best_though_one_above_it_is_not() -> None:
    assert groups([row(0, 0.001, 1), row(0.02, 0.001, 2), row(0.03, 0.5, 3)]) == [1, 2, 1]


def test_the_more_rows_are_tested_the_more_it_takes() -> None:
    gap = 0.0052  # p is about 0.04 against the best
    alone, crowd = row(gap, 0.02, 2), [row(gap, 0.02, 2)] * 5
    assert groups([row(0, 1e-9), alone]) == [1, 2]
    assert groups([row(0, 1e-9), *crowd]) == [1] * 6


def test_an_undefined_row_has_no_group() -> None:
    assert groups([row(0, 0.02), np.zeros((60, 2))]) == [1, None]
    assert groups([]) == []


def frame(names: list[str]) -> pd.DataFrame:
    table = random_table(np.random.default_rng(len(names)), len(names))
    return pd.DataFrame(table, columns=list(FIELDS)).assign(name=names)


def test_tables_are_put_into_the_order_of_the_first() -> None:
    one = frame(["a", "b", "c"])
    first, second = aligned([one, one.iloc[[2, 0, 1]]])
    assert np.array_equal(first, second) and np.array_equal(first, count_table(one))


def test_tables_of_other_images_are_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"2 are in one table only \(c, d\)"):
        aligned([frame(["a", "b", "c"]), frame(["a", "b", "d"])])


def test_a_table_without_counts_is_refused() -> None:
    with pytest.raises(DataError, match=r"no column pixels"):
        count_table(pd.DataFrame({"name": ["a"]}))
