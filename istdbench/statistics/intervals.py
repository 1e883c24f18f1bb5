"""The 95 % interval of each metric over images: what another sample of images like these could have given.

Nominally. How often they hold the truth was measured, and is less where images are few: see `coverage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from istdbench.lazy import numpy as np
from istdbench.metrics.metric import Metric
from istdbench.statistics.bootstrap import bca
from istdbench.statistics.clusters import summed
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


def intervals(
    table: np.ndarray, entries: Iterable[Metric], owners: Sequence[str] | None = None
) -> dict[str, Interval | None]:
    """The interval of each metric by name; None where there is none.

    Args:
        table: (n, 9) int64, counts of one image a row, see `istdbench.metrics.counts.to_table`.
        owners: of each image, what is resampled as a whole, see `istdbench.statistics.clusters`: then all intervals
            are made by the bootstrap, since Wilson's takes each target for independent.
    """

    def of(entry: Metric) -> Interval | None:
        if entry.terms is None:
            return None
        return interval(summed(entry.terms(table), owners), "bootstrap" if owners else entry.interval)

    return {entry.name: of(entry) for entry in entries}
