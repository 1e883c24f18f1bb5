"""Learning rate as a pure function of the step, so that a resumed training needs no scheduler state."""

from __future__ import annotations

import math

from istdbench.protocols.fields import Schedule

POLY_POWER = 0.9
"""Chen et al. 2018 (DeepLab), Section 4.1; every ISTD repository with a polynomial schedule has it."""


def rate_factor(schedule: Schedule, step: int, total_steps: int) -> float:
    """What the base learning rate is multiplied by at a step (counted from 0) of `total_steps`."""
    warmup = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    done = step / total_steps
    if schedule.type == "cosine":
        cycles = 0.5 if schedule.cycles is None else schedule.cycles
        floor = schedule.floor or 0.0
        return warmup * (floor + (1 - floor) * 0.5 * (1 + math.cos(2 * math.pi * cycles * done)))
    if schedule.type == "poly":
        return warmup * (1 - done) ** POLY_POWER
    if schedule.type == "step":
        return warmup * schedule.gamma ** sum(done >= milestone for milestone in schedule.milestones)
    return warmup
