"""Learning rates at the steps that the recipes name."""

import pytest

from istdbench.protocols.fields import Schedule
from istdbench.training.schedule import rate_factor


def test_basicirstd_multiplies_by_a_tenth_at_200_and_300_of_400_epochs():
    schedule = Schedule(type="step", milestones=(0.5, 0.75), gamma=0.1)
    factors = [rate_factor(schedule, 13 * epoch, 13 * 400) for epoch in (0, 199, 200, 299, 300, 399)]
    assert factors == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_warm_up_rises_linearly_to_the_full_rate():
    schedule = Schedule(type="constant", warmup_steps=4)
    assert [rate_factor(schedule, step, 100) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]


def test_a_cosine_starts_full_is_half_in_the_middle_and_ends_near_zero():
    schedule = Schedule(type="cosine")
    assert rate_factor(schedule, 0, 1000) == 1
    assert rate_factor(schedule, 500, 1000) == pytest.approx(0.5)
    assert rate_factor(schedule, 999, 1000) < 1e-5


def test_a_cosine_may_end_at_a_share_of_the_rate():
    schedule = Schedule(type="cosine", floor=0.01)
    factors = [rate_factor(schedule, step, 1000) for step in (0, 500, 1000)]
    assert factors == pytest.approx([1, 0.505, 0.01])


def test_isnet_s_cosine_swings_to_zero_and_back_every_60_of_3000_epochs():
    schedule = Schedule(type="cosine", cycles=50)
    factors = [rate_factor(schedule, epoch, 3000) for epoch in (0, 15, 30, 45, 60, 90, 2970)]
    assert factors == pytest.approx([1, 0.5, 0, 0.5, 1, 0, 0], abs=1e-9)


def test_a_polynomial_falls_to_zero_with_the_power_nine_tenths():
    schedule = Schedule(type="poly")
    factors = [rate_factor(schedule, step, 100) for step in (0, 50, 90, 99)]
    assert factors == pytest.approx([1, 0.5**0.9, 0.1**0.9, 0.01**0.9])
