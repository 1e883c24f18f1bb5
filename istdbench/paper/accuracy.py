"""Tables 1 and 3: accuracy as the paper prints it, beside what records hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from istdbench.metrics.metric import Metric
from istdbench.paper.view import Line, View, difference_from, how_to_make_one, table
from istdbench.registry import METHODS
from istdbench.reports import cells
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.papers import Published, published, related_work
from istdbench.reports.rows import Board, Row, boards
from istdbench.reports.table import Cell, Value, words
from istdbench.results import RECORDS, Record
from istdbench.statistics import Interval

LEGEND = """\
Differences are measured minus published; "inside" says that the published value lies in the measured 95 % interval \
over images, [low, high], "outside" that it does not. Native grid: scored at each image's own size. 512 × 512 grid: \
the same score maps where papers score, with masks stretched. Each measured row names its protocol; the paper's own is \
`mim2024`, and a number of another protocol is no reproduction of the paper's."""

Mean = Callable[[str], float]
IntervalOf = Callable[[str], Interval | None]
PRINTINGS = ("mim_table1", "mim_table1_final")


def table1(records: Sequence[Record], entries: Sequence[Metric]) -> View:
    """18 methods on NUAA-SIRST and IRSTD-1k, in the paper's order, with MiM-ISTD and its two printings first.

    A row whose method is not built says why (`not_built` in `istdbench/reports/papers.toml`), and is filled once a
    method of that name is registered. What was made from a paper's description alone is marked. The legend says
    why what the paper's related work names beside its tables is not here.
    """
    papers = [row for key in PRINTINGS for row in published() if row.key == key]
    view = accuracy("Table 1 of MiM-ISTD: accuracy", papers, records, entries)
    others = "; ".join(f"{name}, {why}" for name, why in related_work().items())
    return replace(view, legend=f"{view.legend} Named in the paper's related work, without a row here: {others}.")


def table3(records: Sequence[Record], entries: Sequence[Metric]) -> View:
    """What the inner Mamba adds, on NUAA-SIRST: `baseline`, `conv_inner`, and the whole network, as in Table 1."""
    whole = [row for row in published() if row.key == "mim_table1" and row.dataset == "nuaa"]
    ablated = [row for row in published() if row.key == "mim_table3"]
    return accuracy("Table 3 of MiM-ISTD: ablation", [*ablated, *whole], records, entries)


@dataclass(frozen=True)
class Measured:
    """The values of one leaderboard row on one grid, by metric name.

    Attributes:
        label: says which.
        records: the row's files.
    """

    label: Cell
    mean: Mean
    interval: IntervalOf
    records: Sequence[str]


def accuracy(title: str, papers: Sequence[Published], records: Sequence[Record], entries: Sequence[Metric]) -> View:
    """Published, measured and difference of each method on each data set; a pure function of its arguments.

    Args:
        papers: the rows to show, in this order; a method printed twice has two.
        records: those of other methods, data sets, splits or parts than "test" are left out.
        entries: the first four, IoU, nIoU, Pd and Fa, are the columns.
    """
    entries = entries[:HEADLINES]
    found = boards([record for record in records if record.dataset.part == "test"], entries)
    headings = {entry.name: cells.heading(entry) for entry in entries}
    tables = []
    for dataset, split in dict.fromkeys((paper.dataset, paper.split) for paper in papers):
        here = [paper for paper in papers if (paper.dataset, paper.split) == (dataset, split)]
        there = [board for board in found if (board.setting.dataset, board.setting.split) == (dataset, split)]
        blocks = [
            (method, _block([paper for paper in here if paper.method == method], there, entries))
            for method in dict.fromkeys(paper.method for paper in here)
        ]
        facts: dict[str, Value] = {"dataset": dataset, "split": split, "part": "test"}
        tables.append(table(f"{dataset}, {split} split, test part", facts, headings, blocks))
    return View(title, LEGEND, tables)


def _block(papers: Sequence[Published], there: Sequence[Board], entries: Sequence[Metric]) -> list[Line]:
    """The rows of one method: every printing, then each measured row with its difference from every printing."""
    lines = [
        Line(words("published", notes=[f"{paper.source}."]), [_published(entry, paper) for entry in entries])
        for paper in papers
    ]
    measured = [each for board in there for row in board.rows for each in _grids(board, row, papers[0].method)]
    for each in measured:
        lines.append(Line(each.label, [_value(entry, each) for entry in entries], each.records))
        for paper in papers:
            lines.append(Line(difference_from(paper.source), [_difference(entry, each, paper) for entry in entries]))
    if not measured:
        lines.append(Line(_no_record(papers[0]), [Cell(cells.NONE, None) for _ in entries]))
    return lines


def _no_record(paper: Published) -> Cell:
    """How to make one, where that can be done."""
    known = METHODS.get(paper.method) if paper.method in METHODS.names() else None
    if known is not None and known.frames > 1:
        return words(f"needs sequences of {known.frames} frames; {paper.dataset} has single images")
    training = " --train" if known is not None and known.has_weights else ""
    command = f"no record; `istdbench run --methods {paper.method} --dataset {paper.dataset}{training}`"
    return how_to_make_one(paper.method, command)


def _grids(board: Board, row: Row, method: str) -> Iterator[Measured]:
    if row.method != method:
        return
    yield _measured(board, row, "native grid", row.mean, row.interval)
    if side := row.second_side:
        yield _measured(board, row, f"{side} × {side} grid", row.second_mean, row.second_interval)


def _measured(board: Board, row: Row, grid: str, mean: Mean, interval: IntervalOf) -> Measured:
    setting = board.setting
    seeds = f"{len(row.runs)} seed{'s' * (len(row.runs) > 1)}"
    trained = "" if row.epochs is None else f", {row.epochs} epochs, {seeds}"
    label = words(
        f"measured: {grid}, {setting.protocol} ({setting.protocol_hash[:8]}){trained}",
        notes=row.notes,
        grid=grid,
        protocol=setting.protocol,
        protocol_hash=setting.protocol_hash,
        metric_version=setting.metric_version,
        images=setting.images,
        epochs=row.epochs,
        seeds=len(row.runs),
    )
    return Measured(label, mean, interval, [f"{RECORDS}/{run.path}" for run in row.runs])


def _published(entry: Metric, paper: Published) -> Cell:
    value = paper.values[entry.name]
    return Cell(cells.metric(entry, value), value)


def _value(entry: Metric, measured: Measured) -> Cell:
    value, ends = measured.mean(entry.name), measured.interval(entry.name)
    low, high = ends or (None, None)
    return Cell(cells.metric(entry, value), value, {"low": low, "high": high}, behind=cells.ends(entry, ends))


def _difference(entry: Metric, measured: Measured, paper: Published) -> Cell:
    value, ends = paper.values[entry.name], measured.interval(entry.name)
    difference = measured.mean(entry.name) - value
    text = cells.signed(entry, difference)
    if ends is None or text == cells.NONE:
        return Cell(text, difference)
    inside = "inside" if ends[0] <= value <= ends[1] else "outside"
    return Cell(f"{text}, {inside}", difference, {"published_is": inside})
