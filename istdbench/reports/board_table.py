"""The columns of a leaderboard's table, for every format that it is written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from istdbench.metrics.metric import Metric
from istdbench.reports import cells
from istdbench.reports.papers import Published, published_for
from istdbench.reports.rows import Board, Row
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.results import RECORDS
from istdbench.results.record_parts import ProbeValue

HEADLINES = 4
"""How many metrics, the first ones, are also shown on a second grid, and in a paper: IoU, nIoU, Pd and Fa."""
BEST_ON_TEST = "IoU at the best threshold on test (not comparable)"


def board_table(board: Board, entries: Sequence[Metric], groups: Sequence[int | None]) -> Table:
    """A board with all its columns.

    Args:
        entries: the metric columns.
        groups: of each row, as `row_groups` gives them.
    """
    files = [path for row in board.rows for path in _files(row).values()]
    return Table(board.setting.title, asdict(board.setting), list(_columns(board, entries, groups)), files)


def _columns(board: Board, entries: Sequence[Metric], groups: Sequence[int | None]) -> Iterator[Column]:
    rows = board.rows
    yield Column("method", "method", [words(row.method, row.notes) for row in rows], number=False)
    yield Column("group", "group", [Cell(cells.number(group, "d"), group) for group in groups], brief=False)
    shown = board.shown(entries)
    for place, entry in enumerate(shown):
        yield Column(entry.name, cells.heading(entry), _ranked(entry, rows), brief=place < HEADLINES)
    if any(row.best_on_test is not None for row in rows):
        best = [Cell(cells.number(row.best_on_test, ".4f"), row.best_on_test) for row in rows]
        yield Column("IoU_best_on_test", BEST_ON_TEST, best, brief=False)
    yield from _second_grid(rows, [entry for entry in entries[:HEADLINES] if entry in shown])
    yield from _published(rows, entries, published_for(board.setting.dataset, board.setting.split, board.setting.part))
    yield Column("parameters", "parameters", [_probed(row, "parameters", "parameters", ",.0f") for row in rows])
    yield Column("gmacs", "GMACs", [_probed(row, "flops", "gmacs", ".3f") for row in rows])
    yield Column("latency_ms", "latency, ms", list(map(_latency, rows)))
    yield Column("epochs", "epochs", [Cell(cells.epochs(row), row.epochs) for row in rows])
    yield Column("seeds", "seeds", [Cell(str(len(row.runs)), len(row.runs)) for row in rows], brief=False)
    yield Column("date", "date", [words(row.date) for row in rows], brief=False)
    yield Column("record", "record", list(map(_record, rows)), number=False, brief=False)


def _ranked(entry: Metric, rows: Sequence[Row]) -> list[Cell]:
    """One metric's cells, with intervals over images and deviations over seeds."""
    return [
        Cell(
            cells.mean_and_deviation(entry, row),
            row.mean(entry.name),
            _ends(row.interval(entry.name)) | {"deviation": row.deviation(entry.name)},
            behind=cells.interval(entry, row),
            rank=rank,
        )
        for row, rank in zip(rows, cells.ranks(entry, rows), strict=True)
    ]


def _second_grid(rows: Sequence[Row], entries: Sequence[Metric]) -> Iterator[Column]:
    """The columns of the grid that a protocol scores on beside the native one."""
    for side in sorted({row.second_side for row in rows if row.second_side is not None}):
        for entry in entries:
            found = [
                Cell(
                    cells.metric(entry, row.second_mean(entry.name)),
                    row.second_mean(entry.name),
                    _ends(row.second_interval(entry.name)),
                )
                if row.second_side == side
                else Cell(cells.NONE, None)
                for row in rows
            ]
            heading = f"{cells.heading(entry)} on {side} × {side}"
            yield Column(f"{entry.name}_on_{side}", heading, found, brief=False)


def _published(rows: Sequence[Row], entries: Sequence[Metric], papers: Mapping[str, Published]) -> Iterator[Column]:
    """The papers' columns: only metrics that a paper printed for one of these rows."""
    beside = [papers.get(row.method) for row in rows]
    for entry in entries:
        if any(paper and entry.name in paper.values for paper in beside):
            found = [
                Cell(
                    cells.metric(entry, paper.values[entry.name]),
                    paper.values[entry.name],
                    notes=[f"Published: {paper.source}."],
                )
                if paper and entry.name in paper.values
                else Cell(cells.NONE, None)
                for paper in beside
            ]
            yield Column(f"published_{entry.name}", f"published {cells.heading(entry)}", found, brief=False)


def _probed(row: Row, probe: str, value: str, form: str) -> Cell:
    found = row.probe(probe, value)
    return Cell(cells.number(found, form), _number(found))


def _latency(row: Row) -> Cell:
    text = cells.latency(row)
    notes = [] if text == cells.NONE else [f"Median of one image: {cells.machine(row)}."]
    return Cell(text, _number(row.probe("latency", "median_ms")), notes=notes)


def _number(found: ProbeValue | None) -> int | float | None:
    return found if isinstance(found, int | float) else None


def _ends(interval: tuple[float, float] | None) -> dict[str, ProbeValue | None]:
    low, high = interval or (None, None)
    return {"low": low, "high": high}


def _record(row: Row) -> Cell:
    files = _files(row)
    return Cell(", ".join(files), " ".join(files.values()), links=files)


def _files(row: Row) -> dict[str, str]:
    """The row's records, from the folder that the leaderboard stands in."""
    return {f"seed {run.seed}": f"{RECORDS}/{run.path}" for run in row.runs}
