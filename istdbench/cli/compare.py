"""`istdbench compare`."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import out, print_json

if TYPE_CHECKING:
    from istdbench.metrics import MetricEntry
    from istdbench.reports.comparison import Comparison


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Record: its file, or a part of its name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The other record.")],
    out_folder: options.Out = Path("leaderboards"),
    as_json: options.AsJson = False,
) -> None:
    """Say whether two methods differ on the images that both were run on.

    Example: [bold]istdbench compare nuaa/cpu512/mim_istd nuaa/cpu512/baseline[/bold]
    """
    from istdbench.registry import METRICS
    from istdbench.reports import comparison
    from istdbench.results import RECORDS, look_up

    (store, record), (other_store, other) = (look_up(text, out_folder / RECORDS) for text in (first, second))
    tables, entries = (store.per_image(record), other_store.per_image(other)), METRICS.all()
    found = comparison.compare(record, other, tables, entries)
    if as_json:
        print_json({"a": str(record.path), "b": str(other.path), "metrics": _json(found)})
        return
    out.print(_table(found, entries))
    for entry in entries:
        if entry.name in found.metrics:
            text = comparison.sentence(entry, found.names, found.metrics[entry.name])
            out.print(text, markup=False, highlight=False, soft_wrap=True)
    out.print(f"\n{comparison.NOTE}", markup=False, highlight=False)


def _table(found: Comparison, entries: list[MetricEntry]) -> Table:
    from istdbench.reports import cells, comparison

    data = found.first.dataset
    table = Table(
        title=f"A: {found.names[0]}, B: {found.names[1]}; {data.name}, split {data.split}, {data.images} images",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    for heading in ("metric", "A", "B", "A − B", "95 % interval", "p"):
        table.add_column(heading, justify="left" if heading == "metric" else "right", no_wrap=True)
    for entry in entries:
        if (paired := found.metrics.get(entry.name)) is not None:
            table.add_row(
                cells.heading(entry),
                cells.metric(entry, paired.first),
                cells.metric(entry, paired.second),
                comparison.difference(entry, paired),
                cells.ends(entry, paired.interval),
                cells.NONE if math.isnan(paired.p_value) else f"{paired.p_value:.4f}",
            )
    return table


def _json(found: Comparison) -> dict[str, dict[str, Any]]:
    rows = {
        name: asdict(paired) | {"difference": paired.difference, "shown": paired.shown}
        for name, paired in found.metrics.items()
    }
    return {
        name: {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
        for name, row in rows.items()
    }
