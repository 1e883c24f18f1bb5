"""Table 2: parameters and FLOPs of a 512 x 512 image, by thop's count, which the paper prints, and in truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from istdbench.paper.view import Section, View, how_to_make_one
from istdbench.progress import Track, silent
from istdbench.registry import METHODS, PROBES
from istdbench.reports import cells
from istdbench.reports.leaderboard import Footnotes
from istdbench.reports.papers import PUBLISHED_SIZE, PublishedCost, published_costs
from istdbench.results.cost import CostRecord
from istdbench.results.record import ProbeValue
from istdbench.runs.probing import measure
from istdbench.spec import Spec

LEGEND = """\
What the paper calls FLOPs are MACs (1 MAC = 2 FLOPs) as thop counts them. thop leaves out parameters that no counted \
module holds, and the selective scan; the true count does not. Differences are measured against published. Latency is \
the median of one image; memory is the peak beyond the loaded method. The paper's inference time and memory could not \
be verified; they are of another machine in any case."""
HEADINGS = ("method", "", "params, M", "GMACs", "latency, ms", "memory, MiB")

Probed = Mapping[str, Mapping[str, ProbeValue]]
"""Probe name to what it measured, as records hold it."""


def table2(costs: Sequence[CostRecord]) -> View:
    """The table, of the newest record at 512 x 512 of each method, as typed."""
    oldest_first = sorted(costs, key=lambda record: record.provenance.created)
    probed = {record.method: record.probes for record in oldest_first if record.size == PUBLISHED_SIZE}
    notes, rows = Footnotes(), []
    for paper in published_costs():
        block = _block(paper, probed.get(paper.method), notes.mark(f"{paper.source}."))
        rows += [[paper.method if place == 0 else "", *row] for place, row in enumerate(block)]
    section = Section("One image of {} × {}".format(*PUBLISHED_SIZE), HEADINGS, rows)
    return View("Table 2 of MiM-ISTD: costs", LEGEND, [section], notes.lines())


def measured(device: str = "cpu", track: Track = silent) -> list[CostRecord]:
    """What every probe measures now of the table's methods, those that are registered."""
    here = [Spec(paper.method) for paper in published_costs() if paper.method in METHODS.names()]
    return [measure(spec, PROBES.all(), PUBLISHED_SIZE, device, track) for spec in here]


def _block(paper: PublishedCost, probed: Probed | None, mark: str) -> list[list[str]]:
    printed = _numbers(paper.values, "parameters", "gmacs")
    published = [f"published{mark}", *map(_short, printed), cells.NONE, cells.NONE]
    if probed is None:
        command = f"not probed; `istdbench probe --methods {paper.method} --out leaderboards`"
        return [published, [how_to_make_one(paper.method, command), *[cells.NONE] * 4]]
    flops, parameters = probed.get("flops", {}), probed.get("parameters", {})
    latency, memory = probed.get("latency", {}), probed.get("memory", {})
    by_thop = _numbers(flops, "thop_parameters", "thop_gmacs")
    true = [*_numbers(parameters, "parameters"), *_numbers(flops, "gmacs")]
    apart = (
        cells.NONE if ours is None or theirs is None else f"{100 * (ours / theirs - 1):+.1f} %"
        for ours, theirs in zip(by_thop, printed, strict=True)
    )
    times = [*_numbers(latency, "median_ms"), *_numbers(memory, "growth_mib")]
    machine = f"; {latency['device']}, {latency['threads']} threads" if "device" in latency else ""
    return [
        published,
        ["measured: thop's count", *map(_short, by_thop), cells.NONE, cells.NONE],
        [f"difference from {mark}", *apart, cells.NONE, cells.NONE],
        [f"measured: true count{machine}", *map(_short, [*true, *times])],
    ]


def _numbers(values: Mapping[str, ProbeValue], *names: str) -> list[float | None]:
    """The named values, parameters in millions; None for what is not there."""
    found = [values.get(name) for name in names]
    return [
        None if not isinstance(value, int | float) else value / (1e6 if name.endswith("parameters") else 1)
        for name, value in zip(names, found, strict=True)
    ]


def _short(value: float | None) -> str:
    """Four significant digits, as papers print."""
    return cells.NONE if value is None else f"{value:.4g}"
