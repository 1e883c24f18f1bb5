"""`istdbench compare`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import print_json, say, show
from istdbench.cli.formats import AsFormat, Format, chosen, print_tables
from istdbench.metrics.alarms import FRAME_RATE
from istdbench.registry import METRICS
from istdbench.reports.notes import notes

if TYPE_CHECKING:
    from istdbench.reports.comparison import Comparison


def compare(
    first: Annotated[
        str,
        typer.Argument(metavar="A", help="Record: its file, or a part of its name.", autocompletion=completion.records),
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="The other record.", autocompletion=completion.records)],
    out_folder: options.Out = options.OUT,
    form: AsFormat = None,
    as_json: options.AsJson = False,
    frame_rate: options.FrameRate = FRAME_RATE,
) -> None:
    """Say whether two methods differ on the images that both were run on.

    Example: istdbench compare nuaa/cpu512/mim_istd nuaa/cpu512/baseline
    """
    form = chosen(form, as_json)

    from istdbench.results import RECORDS, look_up

    one, other = (look_up(text, out_folder / RECORDS) for text in (first, second))

    from istdbench.reports import comparison
    from istdbench.reports.comparison_table import comparison_table
    from istdbench.reports.frame_rates import metrics_at
    from istdbench.reports.sequence_table import told_of

    tables = [each.store.per_image(each.record) for each in (one, other)]
    entries = metrics_at(frame_rate, METRICS.all())
    found = comparison.compare(one.record, other.record, tables, entries)
    if form is Format.json:
        print_json(_json(found))
        return
    table = comparison_table(found, entries)
    if form is not None:
        print_tables([table], form)
        return
    show(table)
    for entry in entries:
        if entry.name in found.metrics:
            say(comparison.sentence(entry, found.names, found.metrics[entry.name], found.units))
    say("\n" + " ".join([comparison.NOTE, *told_of(found.first.dataset.sequences, found.first.dataset.truth)]))


def _json(found: Comparison) -> dict[str, Any]:
    metrics = {
        name: asdict(paired) | {"difference": paired.difference, "shown": paired.shown}
        for name, paired in found.metrics.items()
    }
    records = {"a": found.first, "b": found.second}
    return {
        **{letter: str(record.path) for letter, record in records.items()},
        **{f"notes_{letter}": notes(record) for letter, record in records.items()},
        **({"resampled": found.units} if found.first.dataset.sequences else {}),
        "metrics": metrics,
    }
