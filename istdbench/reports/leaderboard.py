"""Leaderboards as Markdown: one file a data set, one table a setting. The same records give the same bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import cells, markdown
from istdbench.reports.papers import Published, published_for
from istdbench.reports.reporter import Reporter
from istdbench.reports.rows import Board, Row, TableOf, boards, row_groups
from istdbench.results import RECORDS, Record, Store

LEGEND = """\
Written by `istdbench leaderboard` from the records in the last column; edits are lost. Per table and metric the best \
is **bold**, the second <u>underlined</u>. Scored on each image's native grid, unless a column names another. Epochs \
are those of the weights' training. GMACs: 1 MAC = 2 FLOPs.

Two spreads, which do not contain each other: [low, high] is the 95 % interval over *images*, what the same weights \
would give on other images like these (BCa bootstrap; Wilson for Pd; of several seeds the mean of theirs; left out \
where all images give the same), and ± is the standard deviation (n - 1) over *training seeds* on these images.

Rows of one *group* cannot be told apart by {metric}: a group is the best row left and all rows left that are not \
significantly worse than it on the same images (paired permutation test, 5 %, Holm)."""
HEADLINES = 4
"""How many metrics, the first ones, are also shown on a second grid: IoU, nIoU, Pd and Fa."""
BEST_ON_TEST = "IoU at the best threshold on test (not comparable)"


class Footnotes:
    """Numbers each distinct text once, in the order of first use."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """The number of a text, from 1."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1

    def mark(self, text: str) -> str:
        """The mark to stand in a cell."""
        return f"[^{self.number(text)}]"

    def lines(self) -> list[str]:
        """The notes themselves."""
        return [f"[^{number}]: {text}" for number, text in enumerate(self.texts, start=1)]


def leaderboard(records: Iterable[Record], entries: Sequence[Metric], table_of: TableOf) -> dict[str, str]:
    """Markdown by data set slug. Record links are relative to the folder that holds `RECORDS` and the Markdown file.

    Args:
        entries: the metric columns; the first one, IoU, orders and groups the rows.
        table_of: the records' per-image tables, which the groups are tested on.

    Raises:
        IstdbenchError: a table is missing, was changed, or is not of the same images as the others.
    """
    by_file: dict[str, list[Board]] = defaultdict(list)
    for board in boards(records, entries):
        by_file[board.rows[0].newest.dataset.spec.slug].append(board)
    return {slug: _page(found, entries, table_of) for slug, found in by_file.items()}


def write(records: Sequence[Record], entries: Sequence[Metric], folder: Path) -> list[Path]:
    """Write `<folder>/<data set slug>.md` for each data set that has records.

    Raises:
        IstdbenchError: a file could not be written, and the old one stays; or as `leaderboard`.
    """
    paths = []
    for slug, text in leaderboard(records, entries, Store(folder / RECORDS).per_image).items():
        path = folder / f"{slug}.md"
        atomic_write(path, text)
        paths.append(path)
    return paths


LEADERBOARD = Reporter("markdown", "leaderboards as Markdown, one file a data set", write)


def _page(found: Sequence[Board], entries: Sequence[Metric], table_of: TableOf) -> str:
    notes = Footnotes()
    blocks = [f"# {found[0].setting.dataset}", LEGEND.format(metric=entries[0].label)]
    for board in found:
        data, split = board.setting.fingerprint[:12], board.setting.split_hash[:12]
        blocks += [f"## {board.setting.title}", f"Data fingerprint `{data}`, split `{split}`."]
        blocks += [_table(board, entries, row_groups(board, entries, table_of), notes)]
    if notes.texts:
        blocks += ["\n".join(notes.lines())]
    return "\n\n".join(blocks) + "\n"


def _table(board: Board, entries: Sequence[Metric], groups: Sequence[int | None], notes: Footnotes) -> str:
    papers = published_for(board.setting.dataset, board.setting.split)
    columns: dict[str, list[str]] = {"method": [_method(row, notes) for row in board.rows]}
    columns["group"] = [cells.number(group, "d") for group in groups]
    columns |= {cells.heading(entry): _ranked(entry, board.rows) for entry in entries}
    if any(row.best_on_test is not None for row in board.rows):
        columns[BEST_ON_TEST] = [cells.number(row.best_on_test, ".4f") for row in board.rows]
    columns |= _second_grid(board.rows, entries[:HEADLINES])
    columns |= _published(board.rows, entries, papers, notes)
    columns |= {
        "parameters": [cells.parameters(row) for row in board.rows],
        "GMACs": [cells.gmacs(row) for row in board.rows],
        "latency, ms": [_latency(row, notes) for row in board.rows],
        "epochs": [cells.epochs(row) for row in board.rows],
        "seeds": [str(len(row.runs)) for row in board.rows],
        "date": [row.date for row in board.rows],
        "record": [_links(row) for row in board.rows],
    }
    return markdown.table_of_columns(columns, numbers=slice(1, -1))


def _method(row: Row, notes: Footnotes) -> str:
    """The method, with a mark for each thing to know of its row."""
    return row.method.replace("|", "\\|") + "".join(map(notes.mark, row.notes))


def _ranked(entry: Metric, rows: Sequence[Row]) -> list[str]:
    """One metric's cells, the best and the second marked."""
    marks: dict[int | None, str] = {0: "**{}**", 1: "<u>{}</u>"}
    return [
        f"{marks.get(rank, '{}').format(cells.mean_and_deviation(entry, row))} {cells.interval(entry, row)}".rstrip()
        for row, rank in zip(rows, cells.ranks(entry, rows), strict=True)
    ]


def _second_grid(rows: Sequence[Row], entries: Sequence[Metric]) -> dict[str, list[str]]:
    """The columns of the grid that a protocol scores on beside the native one."""
    return {
        f"{cells.heading(entry)} on {side} × {side}": [
            cells.metric(entry, row.second_mean(entry.name)) if row.second_side == side else cells.NONE for row in rows
        ]
        for side in sorted({row.second_side for row in rows if row.second_side is not None})
        for entry in entries
    }


def _published(
    rows: Sequence[Row], entries: Sequence[Metric], papers: dict[str, Published], notes: Footnotes
) -> dict[str, list[str]]:
    """The papers' columns: only metrics that a paper printed for one of these rows."""
    beside = [papers.get(row.method) for row in rows]
    columns = {}
    for entry in entries:
        if any(paper and entry.name in paper.values for paper in beside):
            columns[f"published {cells.heading(entry)}"] = [
                f"{cells.metric(entry, paper.values[entry.name])}{notes.mark(f'Published: {paper.source}.')}"
                if paper and entry.name in paper.values
                else cells.NONE
                for paper in beside
            ]
    return columns


def _latency(row: Row, notes: Footnotes) -> str:
    text = cells.latency(row)
    return text if text == cells.NONE else text + notes.mark(f"Median of one image: {cells.machine(row)}.")


def _links(row: Row) -> str:
    return ", ".join(f"[seed {run.seed}]({quote(f'{RECORDS}/{run.path}')})" for run in row.runs)
