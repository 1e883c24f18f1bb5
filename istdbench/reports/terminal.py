"""Leaderboards on the terminal: the same rows and order as the Markdown, in short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from istdbench.metrics.metric import Metric
from istdbench.reports import cells, plain
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.rows import Board, boards
from istdbench.results import Record


def tables(records: Iterable[Record], entries: Sequence[Metric]) -> str:
    """One table a setting, since numbers of two cannot be compared; of the metrics that all have only the first fit."""
    return "\n\n".join(_table(board, board.headlines(entries, HEADLINES)) for board in boards(records, entries))


def _table(board: Board, entries: Sequence[Metric]) -> str:
    machines = sorted({cells.machine(row) for row in board.rows} - {""})
    headings = ["method", *map(cells.heading, entries), "params", "GMACs", "ms", "epochs"]
    notes = Footnotes()
    rows = [
        (
            " ".join([row.method, *(f"[{notes.number(note)}]" for note in row.notes)]),
            *(cells.mean_and_deviation(entry, row) for entry in entries),
            *(cells.millions(row), cells.gmacs(row), cells.latency(row), cells.epochs(row)),
        )
        for row in board.rows
    ]
    below = [f"[{number}] {note}" for number, note in enumerate(notes.texts, start=1)]
    caption = "\n".join(below + ([f"ms: {'; '.join(machines)}"] if machines else []))
    return plain.table(headings, rows, numbers=headings[1:], title=board.setting.title, caption=caption)
