"""What methods cost: a table a size and machine, and how latency and memory grow with the image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from istdbench.reports.efficiency import LEGEND, cost_tables
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.visible import visible
from istdbench.results.cost import COSTS, CostRecord
from istdbench.site.addresses import board_path, data_path
from istdbench.site.charts import SCRIPTS, Chart, axis, by_kind, told
from istdbench.site.frame import page
from istdbench.site.prose import prose
from istdbench.site.section import Asset, Page
from istdbench.site.source import Source

GROWTH = (("latency", "median_ms", "latency, ms"), ("memory", "growth_mib", "memory, MiB"))
"""Probe, value and label of what is drawn over the size of the image."""


def costs(source: Source) -> Iterator[Page | Asset]:
    """The page and the cost records; nothing where there are none."""
    if not source.costs:
        return
    yield page(
        "costs.html",
        "What methods cost",
        "costs.html",
        SCRIPTS,
        tables=sorted(cost_tables(source.costs), key=lambda table: -len(table.columns[0].cells)),
        charts=_growth(source.costs),
        boards=_boards(source),
        legend=prose(LEGEND),
        base=f"{data_path('')}/",
        notes=Footnotes(),
    )
    for record in source.costs:
        file = f"{COSTS}/{record.file}"
        yield Asset(f"{data_path('')}/{file}", (source.folder / file).read_bytes())


def _boards(source: Source) -> dict[str, str]:
    """Where accuracy stands against cost: data set to page."""
    records = [listing.board.rows[0].newest for shelf in source.shelves[:1] for listing in shelf.listings]
    return {record.dataset.name: board_path("", record) for record in records}


def _growth(records: Sequence[CostRecord]) -> list[Chart]:
    """Latency and memory over the side of a square image, of methods that were measured at several sizes."""
    by_method: dict[str, list[CostRecord]] = defaultdict(list)
    for record in records:
        if record.size[0] == record.size[1]:
            by_method[f"{record.method} on {record.provenance.gpu or record.provenance.cpu}"].append(record)
    several = [found for found in by_method.values() if len(found) > 1]
    return [chart for growth in GROWTH if (chart := _chart(several, *growth)) is not None]


def _chart(several: Sequence[Sequence[CostRecord]], probe: str, value: str, label: str) -> Chart | None:
    points = [point for records in several for record in records for point in _points(record, probe, value)]
    if not points:
        return None
    sides, methods = (list(dict.fromkeys(point[name] for point in points)) for name in ("side", "method"))
    powers = [10**power for power in range(-2, 7)]
    x = {
        "scale": {"type": "log", "base": 2, "nice": False},
        "axis": axis("image side, pixels", values=sides, grid=False),
    }
    y = {"scale": {"type": "log"}, "axis": axis(label, values=powers, format="~s")}
    layer = {
        "data": {"values": points},
        "mark": {"type": "line", "point": {"filled": True, "size": 60}, "strokeWidth": 1.6},
        "encoding": {
            "x": {"field": "side", "type": "quantitative", **x},
            "y": {"field": "cost", "type": "quantitative", **y},
            "tooltip": told(("method", "method"), ("size", "image"), ("shown", label)),
            "color": by_kind("method", methods)["color"],
        },
    }
    caption = f"{label[0].upper()}{label[1:]}, of one image by its side; both axes are logarithmic."
    return Chart(f"{label} over the size of the image", caption, [layer])


def _points(record: CostRecord, probe: str, value: str) -> Iterator[dict[str, Any]]:
    """The one of a record; none where nothing was measured, or what a logarithmic axis has no place for."""
    cost, (height, width) = record.value(probe, value), record.size
    if isinstance(cost, int | float) and cost > 0:
        yield {
            "method": visible(record.method),
            "side": height,
            "cost": cost,
            "size": f"{height} × {width}",
            "shown": f"{cost:,.1f}",
        }
