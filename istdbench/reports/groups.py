"""Which rows of a table cannot be told apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from istdbench.metrics.spec import MetricEntry
from istdbench.reports.rows import Board
from istdbench.results import Record
from istdbench.statistics import aligned, groups

TableOf = Callable[[Record], pd.DataFrame]
"""The per-image table of a stored record: `Store.per_image`."""


def row_groups(board: Board, entries: Sequence[MetricEntry], table_of: TableOf) -> list[int | None]:
    """The group of each row by the metric that orders the rows, see `istdbench.statistics.groups`.

    A row of several seeds enters with its counts averaged over them, image by image. None where the metric is
    undefined, or has no terms to test.

    Raises:
        IstdbenchError: a table is missing, was changed, or is not of the same images.
    """
    if not entries or entries[0].terms is None:
        return [None] * len(board.rows)
    runs = [run for row in board.rows for run in row.runs]
    terms = iter([entries[0].terms(table) for table in aligned([table_of(run) for run in runs])])
    return groups([np.mean([next(terms) for _ in row.runs], axis=0) for row in board.rows])
