"""Verdicts: half of the last digit that was printed, and what interpolation moves, are no difference; the rest is."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from istdbench.claims.verdict import rounding, verdict


@pytest.mark.parametrize(
    ("printed", "half"),
    [("0.7037", 0.00005), ("0.5100", 0.00005), ("7.42e-5", 0.5e-7), ("39.733e-6", 0.5e-9), ("1", 0.5)],
)
def test_the_printed_digits_say_what_rounding_leaves_open(printed, half):
    assert rounding(Decimal(printed)) == pytest.approx(half, rel=1e-12)


@pytest.mark.parametrize(
    ("claimed", "measured", "tolerance", "agrees"),
    [
        ("0.7442", 0.74424, 0.0, True),
        ("0.7442", 0.7435, 0.0, False),
        ("0.7442", 0.7435, 0.003, True),
        ("0.7614", 0.7406, 0.003, False),
        ("0.7037", 0.6372, 0.003, False),
        ("7.42e-5", 7.9e-5, 7.9e-6, True),
        ("7.42e-5", math.nan, 1.0, False),
    ],
)
def test_a_claim_agrees_within_rounding_and_tolerance_alone(claimed, measured, tolerance, agrees):
    found = verdict(Decimal(claimed), measured, tolerance)
    assert found.agrees is agrees
    if not math.isnan(measured):
        assert found.difference == pytest.approx(measured - float(claimed))
