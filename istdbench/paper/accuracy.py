"""Tables 1 and 3: accuracy as the paper prints it, beside what records hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from istdbench.metrics.metric import Metric
from istdbench.paper.view import Section, View, how_to_make_one
from istdbench.registry import METHODS
from istdbench.reports import cells
from istdbench.reports.leaderboard import HEADLINES, Footnotes
from istdbench.reports.papers import Published, published
from istdbench.reports.rows import Board, Row, boards
from istdbench.results import Record
from istdbench.statistics import Interval

LEGEND = """\
Differences are measured minus published; "inside" says that the published value lies in the measured 95 % interval \
over images, [low, high], "outside" that it does not. Native grid: scored at each image's own size. 512 × 512 grid: \
the same score maps where papers score, with masks stretched. Each measured row names its protocol; the paper's own is \
`mim2024`, and a number of another protocol is no reproduction of the paper's."""

PRINTINGS = ("mim_table1", "mim_table1_final")


def table1(records: Sequence[Record], entries: Sequence[Metric]) -> View:
    """18 methods on NUAA-SIRST and IRSTD-1k, in the paper's order, with MiM-ISTD and its two printings first."""
    papers = [row for key in PRINTINGS for row in published() if row.key == key]
    return accuracy("Table 1 of MiM-ISTD: accuracy", papers, records, entries)


def table3(records: Sequence[Record], entries: Sequence[Metric]) -> View:
    """What the inner Mamba adds, on NUAA-SIRST: `baseline`, `conv_inner`, and the whole network, as in Table 1."""
    whole = [row for row in published() if row.key == "mim_table1" and row.dataset == "nuaa"]
    ablated = [row for row in published() if row.key == "mim_table3"]
    return accuracy("Table 3 of MiM-ISTD: ablation", [*ablated, *whole], records, entries)


@dataclass(frozen=True)
class Measured:
    """The values of one leaderboard row on one grid, by metric name."""

    label: str
    mean: Callable[[str], float]
    interval: Callable[[str], Interval | None]


def accuracy(title: str, papers: Sequence[Published], records: Sequence[Record], entries: Sequence[Metric]) -> View:
    """Published, measured and difference of each method on each data set; a pure function of its arguments.

    Args:
        papers: the rows to show, in this order; a method printed twice has two.
        records: those of other methods, data sets, splits or parts than "test" are left out.
        entries: the first four, IoU, nIoU, Pd and Fa, are the columns.
    """
    entries, notes = entries[:HEADLINES], Footnotes()
    found = boards([record for record in records if record.dataset.part == "test"], entries)
    sections = []
    for dataset, split in dict.fromkeys((paper.dataset, paper.split) for paper in papers):
        here = [paper for paper in papers if (paper.dataset, paper.split) == (dataset, split)]
        there = [board for board in found if (board.setting.dataset, board.setting.split) == (dataset, split)]
        rows = [
            row
            for method in dict.fromkeys(paper.method for paper in here)
            for row in _block([paper for paper in here if paper.method == method], there, entries, notes)
        ]
        headings = ["method", "", *map(cells.heading, entries)]
        sections.append(Section(f"{dataset}, {split} split, test part", headings, rows))
    return View(title, LEGEND, sections, notes.lines())


def _block(
    papers: Sequence[Published], there: Sequence[Board], entries: Sequence[Metric], notes: Footnotes
) -> list[list[str]]:
    """The rows of one method: every printing, then each measured row with its difference from every printing."""
    marks = [notes.mark(f"{paper.source}.") for paper in papers]
    rows = [
        [f"published{mark}", *(cells.metric(entry, paper.values[entry.name]) for entry in entries)]
        for paper, mark in zip(papers, marks, strict=True)
    ]
    measured = [each for board in there for row in board.rows for each in _grids(board, row, papers[0].method)]
    for each in measured:
        rows.append([f"measured: {each.label}", *(_value(entry, each) for entry in entries)])
        for paper, mark in zip(papers, marks, strict=True):
            rows.append([f"difference from {mark}", *(_difference(entry, each, paper) for entry in entries)])
    if not measured:
        method, dataset = papers[0].method, papers[0].dataset
        training = " --train" if method in METHODS.names() and METHODS.get(method).has_weights else ""
        command = f"no record; `istdbench run --methods {method} --dataset {dataset}{training}`"
        rows.append([how_to_make_one(method, command), *(cells.NONE for _ in entries)])
    return [[papers[0].method if place == 0 else "", *row] for place, row in enumerate(rows)]


def _grids(board: Board, row: Row, method: str) -> Iterator[Measured]:
    if row.method != method:
        return
    seeds = f"{len(row.runs)} seed{'s' * (len(row.runs) > 1)}"
    trained = "" if row.epochs is None else f", {row.epochs} epochs, {seeds}"
    made = f"{board.setting.protocol} ({board.setting.protocol_hash[:8]}){trained}"
    yield Measured(f"native grid, {made}", row.mean, row.interval)
    if row.second_side is not None:
        yield Measured(f"{row.second_side} × {row.second_side} grid, {made}", row.second_mean, row.second_interval)


def _value(entry: Metric, measured: Measured) -> str:
    ends = cells.ends(entry, measured.interval(entry.name))
    return f"{cells.metric(entry, measured.mean(entry.name))} {ends}".rstrip()


def _difference(entry: Metric, measured: Measured, paper: Published) -> str:
    value, ends = paper.values[entry.name], measured.interval(entry.name)
    text = cells.signed(entry, measured.mean(entry.name) - value)
    if ends is None or text == cells.NONE:
        return text
    return f"{text}, {'inside' if ends[0] <= value <= ends[1] else 'outside'}"
