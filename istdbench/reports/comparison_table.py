"""The columns of a comparison's table, for the terminal and for every other format."""

from __future__ import annotations

import math
from collections.abc import Sequence

from istdbench.metrics.metric import Metric
from istdbench.reports import cells, comparison
from istdbench.reports.comparison import Comparison
from istdbench.reports.notes import notes
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.statistics import Paired


def comparison_table(found: Comparison, entries: Sequence[Metric]) -> Table:
    """A row a metric that was compared."""
    data, rules, names = found.first.dataset, found.first.protocol, found.names
    told = notes(found.first), notes(found.second)
    rows = [(entry, found.metrics[entry.name]) for entry in entries if entry.name in found.metrics]
    columns = [
        Column("metric", "metric", [Cell(cells.heading(entry), entry.name) for entry, _ in rows], number=False),
        Column("a", "A", [Cell(cells.metric(entry, pair.first), pair.first) for entry, pair in rows], notes=told[0]),
        Column("b", "B", [Cell(cells.metric(entry, pair.second), pair.second) for entry, pair in rows], notes=told[1]),
        Column("difference", "A − B", [_difference(entry, pair) for entry, pair in rows]),
        Column("", "95 % interval", [words(cells.ends(entry, pair.interval)) for entry, pair in rows]),
        Column("p", "p", [_p_value(pair) for _, pair in rows]),
    ]
    return Table(
        title=f"A: {names[0]}, B: {names[1]}; {data.name}, protocol {rules.name} ({rules.hash[:12]}), "
        f"split {data.split}, {data.part} part, {data.images} images"
        + (f", {found.backgrounds} of them without a target" if found.backgrounds else "")
        + (f", frames of {data.sequences} sequences" if data.sequences else ""),
        facts={
            "method_a": found.first.method.name,
            "method_b": found.second.method.name,
            "dataset": data.name,
            "split": data.split,
            "part": data.part,
            "images": data.images,
            **({"backgrounds": found.backgrounds} if found.backgrounds else {}),
            **({"sequences": data.sequences} if data.sequences else {}),
            "protocol": rules.name,
            "protocol_hash": rules.hash,
            "metric_version": found.first.metrics.version,
            "notes_a": " ".join(told[0]) or None,
            "notes_b": " ".join(told[1]) or None,
        },
        columns=columns,
        records=[str(found.first.path), str(found.second.path)],
    )


def _difference(entry: Metric, pair: Paired) -> Cell:
    low, high = pair.interval or (None, None)
    return Cell(cells.signed(entry, pair.difference), pair.difference, {"low": low, "high": high})


def _p_value(pair: Paired) -> Cell:
    text = cells.NONE if math.isnan(pair.p_value) else f"{pair.p_value:.4f}"
    apart = comparison.disagreement(pair)
    note = f"The difference is {'' if pair.shown else 'not '}shown by p, though {apart}: it is open."
    return Cell(text, pair.p_value, {"images_needed": pair.needed}, notes=[note] if apart else [])
