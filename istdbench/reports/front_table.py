"""The columns of a leaderboard that a page shows first: as many as fit on a screen, of the same cells as the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from istdbench.metrics.metric import Metric
from istdbench.reports import cells
from istdbench.reports.badges import badge
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.rows import Board
from istdbench.reports.table import Cell, Column, Table, words

MOST = 10
"""Columns, of which rank and group, method, latency and badge always are."""


def front_table(board: Board, whole: Table, entries: Sequence[Metric]) -> Table:
    """The narrow table of a board, row for row as in its whole one, `board_table`.

    The metrics are the headlines: IoU, nIoU, Pd and Fa, or the first that the images allow, and, where there are images
    without a target, false alarms on them, which take the places of what the method costs.
    """
    return replace(whole, columns=list(_columns(board, {column.key: column for column in whole.columns}, entries)))


def _columns(board: Board, whole: Mapping[str, Column], entries: Sequence[Metric]) -> Iterator[Column]:
    metrics = [whole[entry.name] for entry in board.headlines(entries, HEADLINES)][: MOST - 4]
    costs = [whole["parameters"], whole["gmacs"]][: MOST - 4 - len(metrics)]
    yield Column("rank", "rank (group)", list(map(_place, metrics[0].cells, whole["group"].cells)))
    yield Column("method", "method", list(map(_method, board.labels, whole["method"].cells)), number=False)
    yield from (*metrics, *costs, whole["latency_ms"])
    yield Column("badge", "badge", [words(badge(row.runs)) for row in board.rows], number=False)


def _place(cell: Cell, group: Cell) -> Cell:
    """The rank by the metric that orders the rows, from 1, and the group behind it."""
    rank = cells.number(None if cell.rank is None else cell.rank + 1, "d")
    return words(f"{rank} ({group.text})")


def _method(label: str, cell: Cell) -> Cell:
    """The method, its options behind it, with spaces where a line may be broken."""
    name, _, rest = label.partition(":")
    return replace(cell, text=name, behind=rest.replace(",", ", "))
