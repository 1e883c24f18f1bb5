"""The ledger of claims: what authors state of their weights, beside what these give here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from istdbench.claims.claim_record import CLAIMS
from istdbench.claims.ledger_page import LEGEND, total, what_else
from istdbench.claims.ledger_table import ledger_table
from istdbench.claims.lines import Line
from istdbench.metrics.metric import Metric
from istdbench.reports import cells
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.table import Table
from istdbench.reports.visible import visible
from istdbench.site.addresses import CLAIMS_PAGE, data_path
from istdbench.site.charts import SCRIPTS, Chart, axis, by_kind, told
from istdbench.site.frame import page
from istdbench.site.prose import prose
from istdbench.site.section import Asset, Page
from istdbench.site.source import Source

RULE, COMMON = "authors' rule", "common protocol"


def claims(source: Source) -> Iterator[Page | Asset]:
    """The page and the records of claims; nothing where no claim was made again."""
    if not source.claims:
        return
    yield _page(source)
    for file in sorted((source.folder / CLAIMS).glob("*.json")):
        yield Asset(f"{data_path('')}/{CLAIMS}/{file.name}", file.read_bytes())


def ledger_by_dataset(source: Source) -> dict[str, list[Table]]:
    """The tables of the ledger, one a metric, by data set."""
    datasets = dict.fromkeys(line.claimed.claim.on.dataset for line in source.claims)
    return {
        dataset: [
            ledger_table(shown, entry) for entry in source.entries if (shown := _lines(source, dataset, entry.name))
        ]
        for dataset in datasets
    }


def _lines(source: Source, dataset: str, metric: str) -> list[Line]:
    return [line for line in source.claims if (line.claimed.claim.on.dataset, line.metric) == (dataset, metric)]


def _page(source: Source) -> Page:
    first, datasets = source.entries[0], []
    for dataset, tables in ledger_by_dataset(source).items():
        every = [line for line in source.claims if line.claimed.claim.on.dataset == dataset]
        tried = prose("\n\n".join(what_else(every, source.entries)))
        datasets.append((dataset, tables, _chart(_lines(source, dataset, first.name), first, dataset), tried))
    return page(
        CLAIMS_PAGE,
        "Claims, made again",
        "claims.html",
        SCRIPTS,
        datasets=datasets,
        total=total(source.claims),
        legend=prose(LEGEND),
        base=f"{data_path('')}/",
        notes=Footnotes(),
    )


def _chart(shown: Sequence[Line], entry: Metric, dataset: str) -> Chart | None:
    """What is measured against what is claimed; on the diagonal both are the same."""
    points = [point for line in shown for point in _points(line, entry)]
    if not points:
        return None
    ends = [f(point[key] for point in points for key in ("claimed", "measured")) for f in (min, max)]
    x = {"field": "claimed", "type": "quantitative", "scale": {"zero": False}, "axis": axis("claimed", tickCount=6)}
    y = {"field": "measured", "type": "quantitative", "scale": {"zero": False}, "axis": axis("measured here")}
    layers = [
        {
            "data": {"values": [{"claimed": end, "measured": end} for end in ends]},
            "mark": {"type": "line", "color": "#8a94a0", "strokeDash": [4, 3], "strokeWidth": 1.2},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": {"values": points},
            "mark": {"type": "point", "filled": True, "size": 75, "opacity": 0.9},
            "encoding": {
                "x": x,
                "y": y,
                "tooltip": told(
                    ("weights", "weights"), ("kind", "scored by"), ("stated", "claimed"), ("found", "measured")
                ),
                **by_kind("kind", [RULE, COMMON]),
            },
        },
    ]
    caption = (
        f"{entry.label} of released weights on {dataset}: claimed, and measured here by the authors' own rule and by "
        "the common protocol. On the dashed line both are the same."
    )
    return Chart(f"{entry.label}, claimed and measured", caption, layers)


def _points(line: Line, entry: Metric) -> Iterator[dict[str, Any]]:
    """What a claim is, and what came out by each rule by which it was made again."""
    for kind, value in ((RULE, line.found), (COMMON, line.scored)):
        if not math.isnan(value):
            yield {
                "weights": visible(str(line.claimed.release)),
                "kind": kind,
                "claimed": line.stated * entry.scale,
                "measured": value * entry.scale,
                "stated": cells.metric(entry, line.stated),
                "found": cells.metric(entry, value),
            }
