"""The 95 % interval of each metric over images: what another sample of images like these could have given.

Nominally. How often they hold the truth was measured, and is less where images are few: see `coverage`.
"""

from __future__ import annotations

from collections.abc import Iterable

from istdbench.lazy import numpy as np
from istdbench.metrics.metric import Metric
from istdbench.statistics.bootstrap import bca
from istdbench.statistics.resampling import left_out_sums, ratio, resampled_sums
from istdbench.statistics.wilson import wilson

Interval = tuple[float, float]


def interval(terms: np.ndarray, kind: str = "bootstrap") -> Interval | None:
    """The interval of a ratio of sums.

    Args:
        terms: (n, 2), part and whole of each image.
        kind: "wilson" or "bootstrap", see `Metric.interval`.

    Returns:
        The ends; None where there is none, as `bca` and `wilson` say.
    """
    if not len(terms):
        return None
    if kind == "wilson":
        return wilson(*terms.sum(axis=0).tolist())
    return bca(float(ratio(terms.sum(axis=0))), ratio(resampled_sums(terms)), ratio(left_out_sums(terms)))


def intervals(table: np.ndarray, entries: Iterable[Metric]) -> dict[str, Interval | None]:
    """The interval of each metric by name; None where there is none.

    Args:
        table: (n, 9) int64, counts of one image a row, see `istdbench.metrics.counts.to_table`.
    """
    return {entry.name: interval(entry.terms(table), entry.interval) if entry.terms else None for entry in entries}
