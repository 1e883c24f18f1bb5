"""Two methods on the same images: the difference of a metric, its interval, and whether it is significant."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from istdbench.lazy import numpy as np
from istdbench.statistics.bootstrap import bca
from istdbench.statistics.intervals import Interval
from istdbench.statistics.resampling import RESAMPLES, left_out_sums, ratio, resampled_sums, swapped_sums

ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True)
class Paired:
    """One metric of two methods on the same images.

    Attributes:
        first, second: the values; NaN where one is undefined.
        interval: 95 %, of first - second; None where it has no spread.
        p_value: chance of a difference as large or larger if the two were alike; NaN where a value is undefined.
        images: how many were compared; sequences, where terms are of whole ones.
        needed: images, or sequences, like these with which a true difference of this size would be shown in four of
            five tries; None where the two values are equal or undefined.
    """

    first: float
    second: float
    interval: Interval | None
    p_value: float
    images: int
    needed: int | None

    @property
    def difference(self) -> float:
        """First - second."""
        return self.first - self.second

    @property
    def shown(self) -> bool:
        """Whether the difference is significant at 5 %."""
        return self.p_value < ALPHA


def paired(first: np.ndarray, second: np.ndarray) -> Paired:
    """Compare a metric image by image.

    The interval is a paired bootstrap: both methods get the same resampled images. The test needs no model: if the
    two were alike, exchanging their counts on any image would change nothing (Yeh, Coling 2000, does so for F1).

    Args:
        first, second: (n, 2), part and whole of each image, the same images in the same order.
    """
    value, other = (float(ratio(terms.sum(axis=0))) for terms in (first, second))
    both = np.concatenate([first, second], axis=1)
    return Paired(
        first=value,
        second=other,
        interval=bca(value - other, _difference(resampled_sums(both)), _difference(left_out_sums(both))),
        p_value=permutation_test(first, second),
        images=len(first),
        needed=_needed(value - other, first, second),
    )


def permutation_test(first: np.ndarray, second: np.ndarray, permutations: int = RESAMPLES) -> float:
    """Two-sided p-value of exchanging the two methods' terms on random images; NaN where a value is undefined.

    The observed assignment counts as one of them, so that p is never 0 (Phipson and Smyth, 2010).
    """
    gain = second - first
    sums, moved = np.concatenate([first, second], axis=1).sum(axis=0), swapped_sums(gain, permutations)
    observed = float(_difference(sums))
    if math.isnan(observed):
        return math.nan
    swapped = _difference(sums + np.concatenate([moved, -moved], axis=1))
    # sums of fractions round differently in another order, and a tie must stay one
    as_large = np.abs(swapped) >= abs(observed) * (1 - 1e-9)
    return (1 + int(np.count_nonzero(as_large | np.isnan(swapped)))) / (1 + permutations)


def _difference(sums: np.ndarray) -> np.ndarray:
    return ratio(sums[..., :2]) - ratio(sums[..., 2:])


def _needed(difference: float, first: np.ndarray, second: np.ndarray) -> int | None:
    """Sample size of a paired z-test on the linearised ratios: ((z₀.₉₇₅ + z₀.₈) · sd / difference)²."""
    if len(first) < 2 or math.isnan(difference) or not difference:
        return None
    influence = _influence(first) - _influence(second)
    z = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)
    return math.ceil(float(np.var(influence, ddof=1)) * (z / difference) ** 2)


def _influence(terms: np.ndarray) -> np.ndarray:
    """(n,): how much each image moves the ratio, times n; their variance over n is the ratio's (delta method)."""
    return (terms[:, 0] - ratio(terms.sum(axis=0)) * terms[:, 1]) / terms[:, 1].mean()
