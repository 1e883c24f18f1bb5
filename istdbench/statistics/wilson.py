"""Wilson's interval of a proportion."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

LEVEL = 0.95


def wilson(successes: float, trials: float) -> tuple[float, float] | None:
    """The score interval at 95 % without continuity correction (Wilson, JASA 1927), recommended by Newcombe (1998).

    Never empty and never outside [0, 1], also where every target was detected or none. It takes the trials as
    independent; targets of one image are not quite, but most images hold one.

    Args:
        successes: may be a fraction, such as a mean over seeds.

    Returns:
        The ends, or None without trials.

    >>> low, high = wilson(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    if not trials:
        return None
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    share = successes / trials
    shrink = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / shrink
    half = z / shrink * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)
