"""Detection limits: how dim and how small a target may be, by the records that `istdbench limits --out` keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from istdbench.reports import cells
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.reports.visible import visible
from istdbench.results.limit_point import LimitPoint
from istdbench.results.limit_record import LIMITS, LimitRecord, load_limits
from istdbench.site.addresses import data_path
from istdbench.site.charts import SCRIPTS, Chart, axis, by_kind, interval_layer, told
from istdbench.site.frame import page
from istdbench.site.section import Asset, Page
from istdbench.site.source import Source
from istdbench.statistics import wilson


@dataclass(frozen=True)
class Comparable:
    """Records of one data set, protocol and false-alarm rate.

    Attributes:
        charts: one a size of the target.
    """

    title: str
    charts: Sequence[Chart]
    table: Table


def limits(source: Source) -> Iterator[Page | Asset]:
    """The page and its records; nothing where there are none."""
    records = load_limits(source.folder)
    if not records:
        return
    groups: dict[tuple[str, str, float], list[LimitRecord]] = defaultdict(list)
    for record in records:
        groups[record.dataset, record.protocol.hash, record.fa].append(record)
    yield page(
        "limits.html",
        "Detection limits",
        "limits.html",
        SCRIPTS,
        groups=[_comparable(groups[key]) for key in sorted(groups)],
        base=f"{data_path('')}/",
    )
    for record in records:
        file = f"{LIMITS}/{record.file}"
        yield Asset(f"{data_path('')}/{file}", (source.folder / file).read_bytes())


def _comparable(records: Sequence[LimitRecord]) -> Comparable:
    first = records[0]
    sigmas = sorted({point.sigma for record in records for point in record.points})
    title = f"{first.dataset}, protocol {first.protocol.name} ({first.protocol.hash[:12]}), Fa {first.fa:g}"
    return Comparable(title, [_chart(records, sigma) for sigma in sigmas], _table(title, records))


def _chart(records: Sequence[LimitRecord], sigma: float) -> Chart:
    points = [
        {"method": _name(record), **_drawn(point)}
        for record in records
        for point in record.points
        if point.sigma == sigma and point.targets
    ]
    looks = by_kind("method", list(dict.fromkeys(_name(record) for record in records)))
    x = {"field": "scr", "type": "quantitative", "axis": axis("SCR (peak)", grid=False)}
    y = {"type": "quantitative", "scale": {"domain": [0, 1]}, "axis": axis("Pd ↑")}
    layers = [
        {
            "data": {"values": points},
            "mark": {"type": "line", "strokeWidth": 1.6},
            "encoding": {"x": x, "y": {"field": "pd", **y}, "color": looks["color"]},
        },
        interval_layer(points, x, y, looks["color"]),
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {
                "x": x,
                "y": {"field": "pd", **y},
                "tooltip": told(("method", "method"), ("scr", "SCR"), ("value", "Pd"), ("targets", "targets")),
                **looks,
            },
        },
    ]
    caption = f"Pd by contrast, of targets whose spot has σ {sigma:g} pixels; bars are 95 % Wilson intervals."
    return Chart(f"Targets of σ {sigma:g} pixels", caption, layers)


def _name(record: LimitRecord) -> str:
    """What tells a record from the others of its group."""
    return visible(record.method if record.seed == 0 else f"{record.method}, seed {record.seed}")


def _drawn(point: LimitPoint) -> dict[str, Any]:
    low, high = _ends(point)
    return {
        "scr": point.scr,
        "pd": point.pd,
        "low": low,
        "high": high,
        "value": f"{point.pd:.4f} [{low:.4f}, {high:.4f}]",
        "targets": f"{point.detected} of {point.targets}",
    }


def _ends(point: LimitPoint) -> tuple[float, float]:
    return wilson(point.detected, point.targets) or (0.0, 1.0)


def _table(title: str, records: Sequence[LimitRecord]) -> Table:
    """A row a record, a column a size and contrast."""
    places = sorted({(point.sigma, point.scr) for record in records for point in record.points})
    found = [{(point.sigma, point.scr): point for point in record.points} for record in records]
    columns = [Column("method", "method", [words(_name(record)) for record in records], number=False)]
    columns += [
        Column(
            f"Pd_{sigma:g}_{scr:g}", f"σ {sigma:g}, SCR {scr:g}", [_cell(points.get((sigma, scr))) for points in found]
        )
        for sigma, scr in places
    ]
    links = [
        Cell(day := record.provenance.created[:10], day, links={day: f"{LIMITS}/{record.file}"}) for record in records
    ]
    return Table(title, {}, [*columns, Column("record", "record", links, number=False)])


def _cell(point: LimitPoint | None) -> Cell:
    if point is None or not point.targets:
        return Cell(cells.NONE, None)
    low, high = _ends(point)
    return Cell(f"{point.pd:.3f}", point.pd, {"low": low, "high": high}, behind=f"[{low:.3f}, {high:.3f}]")
