"""The rows of a union of data sets, once more for each of them: the same runs, on its images alone.

A record of `nuaa+nudt` holds the counts of each image, whose name begins with its data set's. So what a run is worth on
one of them needs no run of its own, and is as much a function of the record as the whole is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from istdbench.lazy import pandas as pd
from istdbench.metrics.by_sequence import by_sequence, owners
from istdbench.metrics.counts import from_table
from istdbench.metrics.metric import Metric
from istdbench.plugins.guard import calling, told
from istdbench.reports.rows import Board, Row, TableOf, sorted_rows
from istdbench.results import Record
from istdbench.results.record import MetricsInfo
from istdbench.statistics import intervals
from istdbench.statistics.tables import count_table


def part_boards(board: Board, entries: Sequence[Metric], table_of: TableOf) -> Iterator[Board]:
    """A table for each data set of a union, in the order of its name; none where there is but one.

    Args:
        entries: the metrics that are computed; the first one orders the rows.

    Raises:
        IstdbenchError: a table is missing or was changed.
    """
    names = board.rows[0].newest.dataset.spec.name.split("+")
    found = {name.partition("/")[0] for name in table_of(board.rows[0].newest)["name"]}
    if len(names) < 2 or not found <= set(names):
        return
    for name in names:
        if name in found:
            yield _part_board(board, f"{name}/", entries, table_of)


def images_of(board: Board, table_of: TableOf) -> TableOf:
    """The per-image tables of a board's records, with the images that it shows."""

    def shown(record: Record) -> pd.DataFrame:
        frame = table_of(record)
        return frame[frame["name"].str.startswith(board.prefix)].reset_index(drop=True)

    return shown if board.prefix else table_of


def _part_board(board: Board, prefix: str, entries: Sequence[Metric], table_of: TableOf) -> Board:
    part = replace(board, prefix=prefix)
    tables = images_of(part, table_of)
    rows = [Row(tuple(_on_part(run, tables(run), entries) for run in row.runs)) for row in board.rows]
    title = f"{prefix.rstrip('/')} of {board.setting.dataset}"
    setting = replace(board.setting, dataset=title, images=len(tables(board.rows[0].newest)))
    return replace(part, setting=setting, rows=sorted_rows(rows, entries))


def _on_part(record: Record, table: pd.DataFrame, entries: Sequence[Metric]) -> Record:
    """The record with the values that its metrics have on some of its images; its key and place are the whole one's."""
    counts = count_table(table)
    values, failed = {}, {}
    for entry in entries:
        try:
            with calling(f"metric {entry.name}"):
                value = float(entry.compute(from_table(counts)))
            if math.isfinite(value) or not entry.optional:
                values[entry.name] = value if math.isfinite(value) else math.nan
        except Exception as error:  # a plugin may raise anything
            failed[entry.name] = told(error)
    own = owners(record.dataset, table["name"])
    ends = intervals(counts, [entry for entry in entries if entry.name in values], own)
    each = by_sequence(table["name"], counts) if own else None
    found = MetricsInfo(version=record.metrics.version, values=values, intervals=ends, failed=failed, by_sequence=each)
    data = record.dataset.model_copy(update={"sequences": len(set(own)) if own else None})
    return record.model_copy(update={"metrics": found, "dataset": data})
