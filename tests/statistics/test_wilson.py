"""Wilson's interval against published values and against SciPy."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from istdbench.statistics import wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998), Table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_ends_are_those_that_newcombe_published(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("trials", [1, 2, 40, 109])
def test_the_ends_are_those_of_scipy_for_every_number_of_successes(trials: int) -> None:
    for successes in range(trials + 1):
        expected = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        assert wilson(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-14)


def test_no_targets_have_no_interval() -> None:
    assert wilson(0, 0) is None
