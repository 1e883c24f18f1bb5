"""The efficiency leaderboard as Markdown: what each method costs at one size, beside what its paper printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import markdown
from istdbench.reports.cells import disturbed, number
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.papers import PUBLISHED_SIZE, from_description, published_costs
from istdbench.reports.reporter import Reporter
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
    tables: dict[str, list[CostRecord]] = defaultdict(list)
    for record in records:
        tables[_setting(record)].append(record)
    notes = Footnotes()
    blocks = ["# Efficiency", LEGEND]
    for setting in sorted(tables, key=lambda setting: (tables[setting][0].size, setting)):
        blocks += [f"## {markdown.escaped(setting)}", _table(sorted(tables[setting], key=_rank), notes)]
    return "\n\n".join([*blocks, *([markdown.notes_below(notes)] if notes.texts else [])]) + "\n"


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


def _table(records: Sequence[CostRecord], notes: Footnotes) -> str:
    papers = {paper.method: paper for paper in published_costs()}
    rows = []
    for record in records:
        paper = papers.get(record.method) if record.size == PUBLISHED_SIZE else None
        mark = notes.mark(f"Published: {paper.source}.") if paper else ""
        busy = disturbed(record.value("latency", "waited_share"))
        made = from_description(parse_spec(record.method).name)
        remarks = "".join(map(notes.mark, filter(None, [made, *record.notes])))
        rows.append(
            {
                "method": markdown.escaped(record.method) + remarks,
                "parameters": number(record.value("parameters", "parameters"), ",.0f"),
                "GMACs": number(record.value("flops", "gmacs"), ".3f"),
                "parameters by thop": number(record.value("flops", "thop_parameters"), ",.0f"),
                "GMACs by thop": number(record.value("flops", "thop_gmacs"), ".3f"),
                "published parameters": number(paper.values.get("parameters") if paper else None, ",.0f", mark),
                "published GMACs": number(paper.values.get("gmacs") if paper else None, ".3f", mark),
                "latency, ms": number(record.value("latency", "median_ms"), ",.1f", notes.mark(busy) if busy else ""),
                "memory, MiB": number(record.value("memory", "growth_mib"), ",.0f"),
                "record": markdown.link(record.provenance.created[:10], f"{COSTS}/{record.file}"),
            }
        )
    return markdown.table(list(rows[0]), [list(row.values()) for row in rows], numbers=slice(1, -1))
