"""What a measurement of detection limits gives, point by point."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class LimitPoint:
    """One method on targets of one contrast and one size.

    Attributes:
        method: as typed.
        scr, sigma: of `synth`: peak over local standard deviation, and the spot's standard deviation in pixels.
        threshold: chosen on the validation images of the same contrast and size.
        targets, detected: of the test images (number).
        fa: reached on the test images; about the one asked for.
        weights: SHA-256 of the weights' file; None of a method without weights.
    """

    method: str
    scr: float
    sigma: float
    threshold: float
    targets: int
    detected: int
    fa: float
    weights: str | None = None

    @property
    def pd(self) -> float:
        """Detected over targets; NaN without targets."""
        return self.detected / self.targets if self.targets else math.nan
