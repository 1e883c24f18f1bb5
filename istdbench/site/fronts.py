"""Accuracy against cost: a chart a cost, with the methods that none of no higher cost is better than."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from istdbench.built_in import FAMILIES, family_of
from istdbench.metrics.metric import Metric
from istdbench.reports import cells
from istdbench.reports.badges import badge
from istdbench.reports.html.plots import pareto_front
from istdbench.reports.rows import Row
from istdbench.reports.visible import visible
from istdbench.results.cost import CostRecord
from istdbench.site.addresses import method_path
from istdbench.site.charts import Chart, axis, by_kind, interval_layer, told
from istdbench.site.costs_of_rows import CostsOfRows, costs_of_rows
from istdbench.site.source import Listing

OTHERS = "others"
"""The family of methods that are not built in."""
BESIDE = 1.6
"""A logarithmic axis goes on by this factor at both ends."""


def fronts(listing: Listing, records: Sequence[CostRecord], top: str) -> list[Chart]:
    """The board's first metric against each cost; none of a cost that fewer than two rows have.

    Args:
        records: of costs.
        top: leads from the page to the top of the site.
    """
    costs = costs_of_rows(listing.board.rows, records)
    return [chart for cost in costs if (chart := _chart(listing, cost, top)) is not None]


def _chart(listing: Listing, cost: CostsOfRows, top: str) -> Chart | None:
    entry, labels = listing.headlines[0], listing.board.labels
    zero = min((value for value in cost.values if value), default=1.0) / 5  # a logarithmic axis has no 0
    rows = zip(listing.board.rows, labels, cost.values, strict=True)
    points = [
        {
            **_point(row, label, entry, top),
            "cost": f"{value:,.0f}" if value >= 1000 else f"{value:.4g}",
            "at": value or zero,
        }
        for row, label, value in rows
        if value is not None and not math.isnan(row.mean(entry.name))
    ]
    if len(points) < 2:
        return None
    missing = cost.values.count(None)
    caption = (
        f"{entry.label} with its 95 % interval against {cost.label}; the line is the Pareto front.",
        cost.measured,
        f"Not measured: {missing} of {len(cost.values)} rows." if missing else "",
    )
    return Chart(
        f"{entry.label} against {cost.label}", " ".join(filter(None, caption)), _layers(points, entry, cost.label, zero)
    )


def _point(row: Row, label: str, entry: Metric, top: str) -> dict[str, Any]:
    """A row, in the units of tables."""
    low, high = row.interval(entry.name) or (None, None)
    method = row.newest.method.spec.name
    return {
        "method": visible(label),
        "family": family_of(method) or OTHERS,
        "score": row.mean(entry.name) * entry.scale,
        "low": None if low is None else low * entry.scale,
        "high": None if high is None else high * entry.scale,
        "value": f"{cells.mean_and_deviation(entry, row)} {cells.interval(entry, row)}".strip(),
        "badge": badge(row.runs),
        "page": quote(top + method_path(method)),
    }


def _layers(points: Sequence[dict[str, Any]], entry: Metric, label: str, zero: float) -> list[dict[str, Any]]:
    """The Pareto front, the intervals, and the rows, which lead to their methods' pages."""
    places = [point["at"] for point in points]
    front = pareto_front([(point["at"], point["score"]) for point in points], entry.higher_is_better)
    steps = [{"at": at, "score": score} for at, score in [*front, (max(places), front[-1][1])]]
    x = {"field": "at", "type": "quantitative", **_cost_axis(label, places, zero)}
    y = {"type": "quantitative", "scale": {"zero": False}, "axis": axis(cells.heading(entry))}
    families = (*FAMILIES, OTHERS)
    looks = by_kind("family", families, [name for name in families if any(p["family"] == name for p in points)])
    return [
        {
            "data": {"values": steps},
            "mark": {"type": "line", "interpolate": "step-after", "color": "#8a94a0", "strokeWidth": 1.2},
            "encoding": {"x": x, "y": {"field": "score", **y}},
        },
        interval_layer(points, x, y, looks["color"]),
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
            "encoding": {
                "x": x,
                "y": {"field": "score", **y},
                "href": {"field": "page"},
                "tooltip": told(("method", "method"), ("value", entry.label), ("cost", label), ("badge", "badge")),
                **looks,
            },
        },
    ]


def _cost_axis(label: str, places: Sequence[float], zero: float) -> dict[str, Any]:
    """Logarithmic, with plain numbers; where a place stands for 0, it is labelled so."""
    positive = [place for place in places if place != zero] or [zero * 5]
    first, last = min(positive), max(positive)
    factors = (1, 2, 5) if last / first < 30 else (1, 3) if last / first < 1e3 else (1,)
    powers = range(math.floor(math.log10(first)) - 1, math.ceil(math.log10(last)) + 1)
    ticks = [factor * 10.0**power for power in powers for factor in factors]
    shown = [tick for tick in ticks if first / BESIDE <= tick <= last * BESIDE]
    if zero in places:
        shown.insert(0, zero)
    return {
        "scale": {"type": "log", "domain": [min(places) / BESIDE, max(places) * BESIDE], "nice": False},
        "axis": axis(label, values=shown, labelExpr=f"datum.value == {zero!r} ? '0' : format(datum.value, '~s')"),
    }
