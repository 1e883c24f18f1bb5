"""`istdbench compare`."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import print_json, say, show_table
from istdbench.registry import METRICS

if TYPE_CHECKING:
    from istdbench.metrics import Metric
    from istdbench.reports.comparison import Comparison


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Record: its file, or a part of its name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The other record.")],
    out_folder: options.Out = options.OUT,
    as_json: options.AsJson = False,
) -> None:
    """Say whether two methods differ on the images that both were run on.

    Example: istdbench compare nuaa/cpu512/mim_istd nuaa/cpu512/baseline
    """
    from istdbench.results import RECORDS, look_up

    one, other = (look_up(text, out_folder / RECORDS) for text in (first, second))

    from istdbench.reports import comparison
    from istdbench.reports.notes import notes

    tables, entries = [each.store.per_image(each.record) for each in (one, other)], METRICS.all()
    found = comparison.compare(one.record, other.record, tables, entries)
    if as_json:
        metrics = {
            name: asdict(paired) | {"difference": paired.difference, "shown": paired.shown}
            for name, paired in found.metrics.items()
        }
        print_json({"a": str(one.record.path), "b": str(other.record.path), "metrics": metrics})
        return
    _show(found, entries)
    for entry in entries:
        if entry.name in found.metrics:
            say(comparison.sentence(entry, found.names, found.metrics[entry.name]))
    for letter, record in (("A", found.first), ("B", found.second)):
        for note in notes(record):
            say(f"{letter}: {note}")
    say(f"\n{comparison.NOTE}")


def _show(found: Comparison, entries: list[Metric]) -> None:
    from istdbench.reports import cells

    data = found.first.dataset
    headings = ("metric", "A", "B", "A − B", "95 % interval", "p")
    rows = [
        (
            cells.heading(entry),
            cells.metric(entry, paired.first),
            cells.metric(entry, paired.second),
            cells.signed(entry, paired.difference),
            cells.ends(entry, paired.interval),
            cells.NONE if math.isnan(paired.p_value) else f"{paired.p_value:.4f}",
        )
        for entry in entries
        if (paired := found.metrics.get(entry.name)) is not None
    ]
    title = f"A: {found.names[0]}, B: {found.names[1]}; {data.name}, split {data.split}, {data.images} images"
    show_table(headings, rows, numbers=headings[1:], title=title)
