"""What a metric is to the harness: a name, how it is shown, and a pure function of per-image counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.terms import Terms


@dataclass(frozen=True, kw_only=True)
class MetricEntry:
    """A metric as a plugin registers it.

    Attributes:
        name: the key in records and in `--json`.
        label: the heading in tables.
        summary: one line for `istdbench list metrics`.
        higher_is_better: which way the arrow points and tables are sorted.
        compute: maps the counts of a set's images to the value; NaN where it is undefined, never an exception.
        scale: tables show value * scale. Records hold the value itself.
        unit: what the shown value is in, such as "1e-6"; "" for a plain fraction.
        terms: the same value as a ratio of two sums over images, which intervals and tests work on; without it the
            metric has neither.
        interval: what its 95 % interval is made by: "wilson" where the terms count successes and trials that can be
            taken as independent, "bootstrap" over images otherwise.

    >>> from istdbench.metrics.functional import probability_of_detection
    >>> miss_rate = MetricEntry(
    ...     name="miss_rate",
    ...     label="Misses",
    ...     summary="Targets that no region detects",
    ...     higher_is_better=False,
    ...     compute=lambda counts: 1 - probability_of_detection(counts),
    ...     scale=100,
    ...     unit="%",
    ... )
    >>> miss_rate.compute([ImageCounts(64, 4, 0, 4, targets=4, detected=3, regions=3, false_regions=0, false_pixels=0)])
    0.25
    """

    name: str
    label: str
    summary: str
    higher_is_better: bool
    compute: Callable[[Sequence[ImageCounts]], float]
    scale: float = 1.0
    unit: str = ""
    terms: Terms | None = None
    interval: Literal["bootstrap", "wilson"] = "bootstrap"
