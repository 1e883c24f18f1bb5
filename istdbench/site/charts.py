"""Charts as Vega-Lite describes them (https://vega.github.io/vega-lite/docs/), drawn in the reader's browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from istdbench.errors import UsageError
from istdbench.reports.figures import COLOURS
from istdbench.site.section import Asset

SCRIPTS = ("assets/vega.js", "assets/charts.js")
"""What a page with charts runs."""
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke")
VEGA_LITE = "6.1"
"""The version of Vega-Lite that the descriptions are of; the package brings several."""
HEIGHT = 260
"""Of a chart in pixels; it is as wide as its place."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
"""Of `site.css`: the space that texts need is measured in it."""


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        title: its heading.
        caption: what it shows and how to read it; screen readers have it in the place of the chart.
        layers: of Vega-Lite.
    """

    title: str
    caption: str
    layers: Sequence[Mapping[str, Any]]

    @property
    def spec(self) -> str:
        """The chart as JSON."""
        return json.dumps(
            {
                "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE}.json",
                "width": "container",
                "height": HEIGHT,
                "background": None,
                "autosize": {"type": "fit-x", "contains": "padding"},
                "layer": list(self.layers),
                "config": {"font": FONT},
            },
            sort_keys=True,
        )


def library() -> Asset:
    """Vega, Vega-Lite and Vega-Embed in one script, from the package that holds them; no network is needed.

    Raises:
        UsageError: the package is not installed.
    """
    return Asset(SCRIPTS[0], _library())


@cache
def _library() -> bytes:
    try:
        from vl_convert import javascript_bundle
    except ImportError as error:
        raise UsageError(
            "charts are drawn by Vega, which comes with vl-convert-python: pip install 'istdbench[site]'"
        ) from error
    return javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE).encode()


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with its title."""
    return {
        "title": title,
        "titleFontWeight": "normal",
        "labelFontSize": 11,
        "titleFontSize": 12,
        "labelFlush": False,
        **more,
    }


def by_kind(field: str, kinds: Sequence[str], shown: Sequence[str] | None = None) -> dict[str, Any]:
    """Colour and shape of points by a field: never colour alone.

    Args:
        kinds: its values, in the order of the legend; each looks the same on all charts of these kinds.
        shown: those that the legend names; None names all.
    """
    named = list(kinds if shown is None else shown)
    legend = {
        "title": None,
        "values": named,
        "orient": "top",
        "labelFontSize": 12,
        "symbolSize": 90,
        "symbolOpacity": 1,
        "columns": 4,
    }
    return {
        "color": {"field": field, "type": "nominal", "scale": _scale(kinds, COLOURS), "legend": legend},
        "shape": {"field": field, "type": "nominal", "scale": _scale(kinds, SHAPES), "legend": legend},
    }


def interval_layer(points: Sequence[Mapping[str, Any]], x: Any, y: Any, colour: Any) -> dict[str, Any]:
    """A thin line from `low` to `high` of each point that has them; the rest as in the layer of the points."""
    return {
        "data": {"values": [point for point in points if point["low"] is not None]},
        "mark": {"type": "rule", "strokeWidth": 1.2, "opacity": 0.45},
        "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}, "color": colour},
    }


def told(*fields: tuple[str, str]) -> list[dict[str, str]]:
    """What is shown where a reader points: fields, which are texts, with their titles."""
    return [{"field": field, "title": title, "type": "nominal"} for field, title in fields]


def _scale(domain: Sequence[str], range_: Sequence[str]) -> dict[str, Any]:
    """Each value has a place of its own, as far as there are places."""
    return {"domain": list(domain), "range": [range_[place % len(range_)] for place in range(len(domain))]}
