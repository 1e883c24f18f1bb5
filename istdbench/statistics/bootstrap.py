"""The BCa interval: bootstrap percentiles, corrected for bias and for skew."""

from __future__ import annotations

from statistics import NormalDist

from istdbench.lazy import numpy as np
from istdbench.statistics.wilson import LEVEL

_NORMAL = NormalDist()


def bca(observed: float, resampled: np.ndarray, left_out: np.ndarray) -> tuple[float, float] | None:
    """The bias-corrected and accelerated interval at 95 % (Efron, JASA 1987, equations 2.3 and 6.6).

    Chosen over plain percentiles because these metrics are skewed on few images: false alarms sit in a handful of
    images, and percentiles then end too low. `benchmarks/intervals.py` measures how often each holds the truth, and how
    often others do; `coverage` says what came out. Neither can know of a rare image that was not drawn: where one
    image in 200 holds most false alarms, 86 images give intervals that are too short.

    Not `scipy.stats.bootstrap`, which gives NaN where a resampled value is undefined; a test holds the two together.

    Args:
        observed: the value on all images.
        resampled: (B,) values on bootstrap samples; undefined (NaN) ones are left out.
        left_out: (n,) values on all images but one.

    Returns:
        The ends; None where the value is undefined, or the same whichever images are drawn: no interval then, rather
        than one of no width.
    """
    values = resampled[np.isfinite(resampled)]
    pulls = np.nanmean(left_out) - left_out[np.isfinite(left_out)] if np.isfinite(left_out).any() else np.zeros(1)
    spread = float(np.square(pulls).sum())
    if not np.isfinite(observed) or not values.size or values.min() == values.max() or not spread:
        return None
    acceleration = float((pulls**3).sum()) / (6 * spread**1.5)
    below = (np.count_nonzero(values < observed) + np.count_nonzero(values == observed) / 2) / values.size
    bias = _NORMAL.inv_cdf(float(np.clip(below, 0.5 / values.size, 1 - 0.5 / values.size)))

    def corrected(probability: float) -> float:
        shifted = bias + _NORMAL.inv_cdf(probability)
        return _NORMAL.cdf(bias + shifted / (1 - acceleration * shifted))

    low, high = np.quantile(values, [corrected((1 - LEVEL) / 2), corrected((1 + LEVEL) / 2)])
    return float(low), float(high)
