"""Leaderboards on the terminal: the same rows and order as the Markdown, in short."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from istdbench.metrics.metric import Metric
from istdbench.reports import cells, plain
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.rows import Board, boards
from istdbench.reports.sequence_table import sequence_table, told_of
from istdbench.results import Record


def tables(records: Iterable[Record], entries: Sequence[Metric]) -> str:
    """One table a setting, since numbers of two cannot be compared; of the metrics that all have only the first fit."""
    return "\n\n".join(text for board in boards(records, entries) for text in _texts(board, entries))


def _texts(board: Board, entries: Sequence[Metric]) -> list[str]:
    """The table of a board and, where its images are frames of sequences, that of each sequence."""
    each = sequence_table(board)
    own = [] if each is None else [plain.to_plain(each, Footnotes())]
    return [_table(board, board.headlines(entries, HEADLINES)), *own]


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
    told = told_of(board.sequences, board.truth)
    caption = "\n".join(below + ([f"ms: {'; '.join(machines)}"] if machines else []) + told)
    return plain.table(headings, rows, numbers=headings[1:], title=board.setting.title, caption=caption)
