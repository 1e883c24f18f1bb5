"""Whether a claim is true: what its weights give, compared with what is claimed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Verdict:
    """A claimed value beside a measured one.

    Attributes:
        difference: measured less claimed.
        allowed: how large a difference rounding and interpolation explain.
    """

    difference: float
    allowed: float

    @property
    def agrees(self) -> bool:
        """Whether they explain it; never where nothing was measured, which is NaN."""
        return abs(self.difference) <= self.allowed


def verdict(claimed: Decimal, measured: float, tolerance: float) -> Verdict:
    """Compare a value as it was printed with the one that its weights give.

    Args:
        claimed: with the digits that were printed: the value before rounding lay within half of the last one.
        tolerance: what interpolation may move, see `istdbench.claims.tolerance`.

    >>> verdict(Decimal("0.7037"), 0.70379, 0.0).agrees, verdict(Decimal("0.70"), 0.70379, 0.0).agrees
    (False, True)
    """
    return Verdict(measured - float(claimed), rounding(claimed) + tolerance)


def rounding(claimed: Decimal) -> float:
    """Half of the last digit that was printed."""
    exponent = claimed.as_tuple().exponent
    assert isinstance(exponent, int), "a claim is a finite number"
    return float(Decimal(1).scaleb(exponent)) / 2
