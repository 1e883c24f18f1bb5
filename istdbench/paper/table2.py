"""Table 2: parameters and FLOPs of a 512 x 512 image, by thop's count, which the paper prints, and in truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from istdbench.paper.view import Line, View, difference_from, how_to_make_one, table
from istdbench.progress import Track, silent
from istdbench.registry import METHODS, PROBES
from istdbench.reports import cells
from istdbench.reports.papers import PUBLISHED_SIZE, PublishedCost, from_description, published_costs
from istdbench.reports.table import Cell, words
from istdbench.results.cost import COSTS, CostRecord
from istdbench.results.record_parts import ProbeValue
from istdbench.runs.probing import measure
from istdbench.spec import Spec

LEGEND = """\
What the paper calls FLOPs are MACs (1 MAC = 2 FLOPs) as thop counts them. thop leaves out parameters that no counted \
module holds, and the selective scan; the true count does not. Differences are measured against published. Latency is \
the median of one image; memory is the peak beyond the loaded method. The paper's inference time and memory, and its \
rows of other methods, could not be verified; a size that is claimed elsewhere says so."""
HEADINGS = {
    "parameters_m": "params, M",
    "gmacs": "GMACs",
    "latency_ms": "latency, ms",
    "memory_mib": "memory, MiB",
}


def table2(costs: Sequence[CostRecord]) -> View:
    """The table, of the newest record at 512 x 512 of each method, as typed."""
    oldest_first = sorted(costs, key=lambda record: record.provenance.created)
    probed = {record.method: record for record in oldest_first if record.size == PUBLISHED_SIZE}
    blocks = [(paper.method, _block(paper, probed.get(paper.method))) for paper in published_costs()]
    title = "One image of {} × {}".format(*PUBLISHED_SIZE)
    return View("Table 2 of MiM-ISTD: costs", LEGEND, [table(title, {"size": PUBLISHED_SIZE[0]}, HEADINGS, blocks)])


def measured(device: str = "cpu", track: Track = silent) -> list[CostRecord]:
    """What every probe measures now of the table's methods, those that are registered."""
    here = [Spec(paper.method) for paper in published_costs() if paper.method in METHODS.names()]
    return [measure(spec, PROBES.all(), PUBLISHED_SIZE, device, track) for spec in here]


def _block(paper: PublishedCost, probed: CostRecord | None) -> list[Line]:
    none = Cell(cells.NONE, None)
    printed = _numbers(paper.values, "parameters", "gmacs")
    published = Line(words("published", notes=[f"{paper.source}."]), [*map(_short, printed), none, none])
    if probed is None:
        command = f"not probed; `istdbench probe --methods {paper.method} --out leaderboards`"
        return [published, Line(how_to_make_one(paper.method, command), [none] * 4)]
    flops, parameters, latency, memory = (
        probed.probes.get(probe, {}) for probe in ("flops", "parameters", "latency", "memory")
    )
    by_thop = _numbers(flops, "thop_parameters", "thop_gmacs")
    true = [*_numbers(parameters, "parameters"), *_numbers(flops, "gmacs")]
    apart = [
        none if ours is None or theirs is None else _change(ours / theirs - 1)
        for ours, theirs in zip(by_thop, printed, strict=True)
    ]
    times = [*_numbers(latency, "median_ms"), *_numbers(memory, "growth_mib")]
    machine = f"; {latency['device']}, {latency['threads']} threads" if "device" in latency else ""
    return [
        published,
        Line(
            words("measured: thop's count", notes=list(filter(None, [from_description(paper.method)]))),
            [*map(_short, by_thop), none, none],
            [f"{COSTS}/{probed.file}"],
        ),
        Line(difference_from(paper.source), [*apart, none, none]),
        Line(words(f"measured: true count{machine}"), list(map(_short, [*true, *times]))),
    ]


def _numbers(values: Mapping[str, ProbeValue], *names: str) -> list[float | None]:
    """The named values, parameters in millions; None for what is not there."""
    found = [values.get(name) for name in names]
    return [
        None if not isinstance(value, int | float) else value / (1e6 if name.endswith("parameters") else 1)
        for name, value in zip(names, found, strict=True)
    ]


def _change(share: float) -> Cell:
    """A difference as a share of the published value."""
    return Cell(f"{100 * share:+.1f} %", None, {"relative": share})


def _short(value: float | None) -> Cell:
    """Four significant digits, as papers print."""
    return Cell(cells.NONE if value is None else f"{value:.4g}", value)
