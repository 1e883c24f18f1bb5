"""Wilson's interval against published values and its defining equation."""

from __future__ import annotations

from math import sqrt

import pytest

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


def test_an_end_lies_just_1_96_standard_errors_of_its_own_from_what_was_seen() -> None:
    ends = wilson(7, 40)
    assert ends is not None
    for end in ends:
        assert abs(7 / 40 - end) / sqrt(end * (1 - end) / 40) == pytest.approx(1.959964, abs=1e-6)


def test_all_found_and_none_found_are_mirror_images_and_no_empty_intervals() -> None:
    all_found, none_found = wilson(109, 109), wilson(0, 109)
    assert all_found is not None and none_found is not None
    assert all_found == pytest.approx((1 - none_found[1], 1 - none_found[0]))
    assert all_found[1] == 1 and 0.96 < all_found[0] < 0.97


def test_no_targets_have_no_interval() -> None:
    assert wilson(0, 0) is None
