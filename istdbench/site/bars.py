"""A metric's cells drawn as bars: where a value, its interval and what a paper printed lie between worst and best."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from istdbench.metrics.metric import Metric
from istdbench.reports.table import Cell


@dataclass(frozen=True)
class Bar:
    """Places between the left end, 0, and the right one, 100; None where there is nothing to draw."""

    value: float
    low: float | None
    high: float | None
    published: float | None


def bars(entry: Metric, cells: Sequence[Cell], published: Sequence[Cell] | None) -> list[Bar | None]:
    """The bars of a column; None of a cell without a value.

    A fraction is drawn from 0 to 1. What has no such ends, or spans powers of ten as Fa does, is drawn on a logarithmic
    scale from the least to the greatest value of the column; what is smaller than all values, such as 0, is at its end.

    Args:
        cells: of `board_table`, whose `more` holds the interval's ends.
        published: what papers printed beside them; None where nothing was.
    """
    values = [_float(cell.value) for cell in cells]
    known = [value for value in values if value is not None]
    beside = [None] * len(cells) if published is None else [_float(cell.value) for cell in published]
    if entry.scale == 1 and entry.bounds == (0, 1):
        first, last, scale = 0.0, 1.0, _as_it_is
    else:
        positive = [value for value in [*known, *filter(None, beside)] if value > 0]
        if not positive:
            return [None] * len(cells)
        first, last, scale = math.log10(min(positive)) - 0.3, math.log10(max(positive)) + 0.3, _log

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        return round(100 * min(max((scale(value) - first) / (last - first), 0), 1), 1)

    return [
        None
        if value is None or (at := place(value)) is None
        else Bar(at, place(_float(cell.more.get("low"))), place(_float(cell.more.get("high"))), place(other))
        for cell, value, other in zip(cells, values, beside, strict=True)
    ]


def _as_it_is(value: float) -> float:
    return value


def _log(value: float) -> float:
    return math.log10(value) if value > 0 else -math.inf


def _float(value: object) -> float | None:
    """A number that can be drawn."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
