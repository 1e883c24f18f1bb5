"""Leaderboards on the terminal: the same rows and order as the Markdown, in short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group
from rich.table import Table

from istdbench.metrics.spec import MetricEntry
from istdbench.reports import cells
from istdbench.reports.rows import Board, boards
from istdbench.results import Record

SHOWN = 4
"""Metric columns: IoU, nIoU, Pd and Fa fit a terminal."""


def table(records: Iterable[Record], entries: Sequence[MetricEntry]) -> Group:
    """For `rich.console.Console.print`: one table a setting, since their numbers cannot be compared."""
    return Group(*(part for board in boards(records, entries) for part in (_table(board, entries[:SHOWN]), "")))


def _table(board: Board, entries: Sequence[MetricEntry]) -> Table:
    machines = sorted({cells.machine(row) for row in board.rows} - {""})
    shown = Table(
        title=board.setting.title,
        title_justify="left",
        caption=f"ms: {'; '.join(machines)}" if machines else None,
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    shown.add_column("method", overflow="fold")
    for name in (*map(cells.heading, entries), "params", "GMACs", "ms", "epochs"):
        shown.add_column(name, justify="right")
    for row in board.rows:
        metrics = (cells.mean_and_deviation(entry, row) for entry in entries)
        costs = (cells.millions(row), cells.gmacs(row), cells.latency(row))
        shown.add_row(row.method, *metrics, *costs, cells.epochs(row))
    return shown
