"""The efficiency leaderboard as Markdown: what each method costs at one size, beside what its paper printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import markdown
from istdbench.reports.cells import NONE, disturbed, number
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.papers import PUBLISHED_SIZE, PublishedCost, from_description, published_costs
from istdbench.reports.reporter import Reporter
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.results import Record
from istdbench.results.cost import COSTS, CostRecord, load_costs
from istdbench.spec import parse_spec

LEGEND = """\
Written by `istdbench leaderboard` from the records in the last column, which `istdbench probe --out leaderboards` \
makes; edits are lost. GMACs: 1 MAC = 2 FLOPs, the selective scan included. thop, whose figures most papers print, \
counts neither parameters that no counted module holds nor a scan, and counts four operations an element of a batch \
norm: its columns are for comparing with papers alone. Latency is the median of one image, memory the peak beyond the \
loaded method. Rows are in the order of true parameters, then GMACs."""


def efficiency(records: Iterable[CostRecord]) -> str:
    """The page: a table for each size, from small to large, and machine."""
    notes, blocks = Footnotes(), ["# Efficiency", LEGEND]
    for table in cost_tables(records):
        for row in zip(*(column.cells for column in table.columns), strict=True):
            for note in (note for cell in (*row[1:], row[0]) for note in cell.notes):
                notes.number(note)  # row by row: of its values, then of itself
        blocks += [f"## {markdown.escaped(table.title)}", markdown.to_markdown(table, notes)]
    return "\n\n".join([*blocks, *([markdown.notes_below(notes)] if notes.texts else [])]) + "\n"


def cost_tables(records: Iterable[CostRecord]) -> list[Table]:
    """A table for each size, from small to large, and machine. Its links are relative to the leaderboards' folder."""
    tables: dict[str, list[CostRecord]] = defaultdict(list)
    for record in records:
        tables[_setting(record)].append(record)
    ordered = sorted(tables, key=lambda setting: (tables[setting][0].size, setting))
    return [_table(setting, sorted(tables[setting], key=_rank)) for setting in ordered]


def write(records: Sequence[Record], entries: Sequence[Metric], folder: Path) -> list[Path]:
    """Write `<folder>/efficiency.md` from the cost records in `folder / COSTS`; nothing where there are none."""
    costs = load_costs(folder)
    if not costs:
        return []
    path = folder / f"{COSTS}.md"
    atomic_write(path, efficiency(costs))
    return [path]


EFFICIENCY = Reporter("efficiency", "what each probed method costs, as Markdown", write)


def _setting(record: CostRecord) -> str:
    made = record.provenance
    machine = made.gpu or made.cpu
    return f"{record.size[0]} × {record.size[1]}, {made.device}, {machine}, {made.threads} threads"


def _rank(record: CostRecord) -> tuple[Any, Any, str]:
    return record.value("parameters", "parameters") or 0, record.value("flops", "gmacs") or 0, record.method


def _table(title: str, records: Sequence[CostRecord]) -> Table:
    papers = {paper.method: paper for paper in published_costs()}
    beside = [papers.get(record.method) if record.size == PUBLISHED_SIZE else None for record in records]
    columns = [
        Column("method", "method", list(map(_method, records)), number=False),
        _measured("parameters", "parameters", records, "parameters", ",.0f"),
        _measured("gmacs", "GMACs", records, "flops", ".3f"),
        _measured("thop_parameters", "parameters by thop", records, "flops", ",.0f"),
        _measured("thop_gmacs", "GMACs by thop", records, "flops", ".3f"),
        _published("parameters", "published parameters", beside, ",.0f"),
        _published("gmacs", "published GMACs", beside, ".3f"),
        Column("latency_ms", "latency, ms", list(map(_latency, records))),
        _measured("growth_mib", "memory, MiB", records, "memory", ",.0f"),
        Column("record", "record", list(map(_record, records)), number=False),
    ]
    return Table(title, {}, columns)


def _method(record: CostRecord) -> Cell:
    made = from_description(parse_spec(record.method).name)
    return words(record.method, [*filter(None, [made]), *record.notes])


def _measured(value: str, heading: str, records: Sequence[CostRecord], probe: str, form: str) -> Column:
    found = [record.value(probe, value) for record in records]
    return Column(value, heading, [Cell(number(each, form), each) for each in found])


def _published(value: str, heading: str, papers: Sequence[PublishedCost | None], form: str) -> Column:
    """What papers printed, at one size alone."""
    found = [
        Cell(number(paper.values[value], form), paper.values[value], notes=[f"Published: {paper.source}."])
        if paper is not None and value in paper.values
        else Cell(NONE, None)
        for paper in papers
    ]
    return Column(f"published_{value}", heading, found)


def _latency(record: CostRecord) -> Cell:
    value, busy = record.value("latency", "median_ms"), disturbed(record.value("latency", "waited_share"))
    return Cell(number(value, ",.1f"), value, notes=[busy] if busy and value is not None else [])


def _record(record: CostRecord) -> Cell:
    day = record.provenance.created[:10]
    return Cell(day, day, links={day: f"{COSTS}/{record.file}"})
