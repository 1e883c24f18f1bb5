"""Learning rate as a pure function of the step, so that a resumed training needs no scheduler state."""

from __future__ import annotations

import math

from istdbench.protocols.protocol import Schedule


def rate_factor(schedule: Schedule, step: int, total_steps: int) -> float:
    """What the base learning rate is multiplied by at a step (counted from 0) of `total_steps`."""
    warmup = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    done = step / total_steps
    if schedule.type == "cosine":
        return warmup * 0.5 * (1 + math.cos(math.pi * done))
    if schedule.type == "step":
        return warmup * schedule.gamma ** sum(done >= milestone for milestone in schedule.milestones)
    return warmup
