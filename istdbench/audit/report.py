"""The audit as Markdown for people and as plain values for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from istdbench.audit.audit import Finding, ImageChange, Row
from istdbench.audit.source import Source
from istdbench.audit.variant import STEPS
from istdbench.audit.variants import REFERENCE
from istdbench.metrics import REFERENCE as METRICS
from istdbench.metrics.spec import MetricEntry
from istdbench.reports import cells

AUC = MetricEntry(
    name="AUC",
    label="AUC",
    summary="area under the curve that the variant draws",
    higher_is_better=True,
    compute=lambda counts: math.nan,  # it needs the maps
)
COLUMNS = [*(entry for entry in METRICS if entry.name in REFERENCE.shows), AUC]
ENTRIES = {entry.name: entry for entry in COLUMNS}
IMAGES_SHOWN = 3

LEGEND = """\
The same score maps, scored as each repository's released code does it. A dash: the code does not compute it. AUCs are \
of different curves and cannot be compared. Where a grid is not the image's own, maps that exist are stretched to it, \
while the code predicts on it: what interpolation does is part of that effect."""

WAY = """\
The reference is changed into the variant one step at a time, the last step first; what the steps do adds up to the \
difference. Images: those whose own value changes most."""


def to_markdown(source: Source, rows: Sequence[Row]) -> str:
    """Table, what moved each number, and what each variant does."""
    count = len(source.names)
    return (
        "\n\n".join(
            [
                f"# Metric audit of {source.title}",
                f"{source.dataset.name}, split {source.split}, {source.part} part, {count} images. {LEGEND}",
                _table(rows),
                "## What moved the numbers",
                WAY,
                *(_findings(row) for row in rows if row.variant.name != REFERENCE.name),
                "## What each variant does",
                _choices(rows),
            ]
        )
        + "\n"
    )


def to_json(source: Source, rows: Sequence[Row]) -> dict[str, Any]:
    """The audit as JSON types; what is undefined is None."""
    return {
        "source": source.title,
        "dataset": source.dataset.name,
        "split": source.split,
        "part": source.part,
        "images": len(source.names),
        "variants": [
            {
                "name": row.variant.name,
                "restates": row.variant.source,
                "choices": {label: row.variant.words(step) for step, label in STEPS.items()},
                "values": {name: _or_none(value) for name, value in row.values.items()},
                "differences": [_finding_json(finding) for finding in row.findings],
            }
            for row in rows
        ],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "metric": finding.metric,
        "reference": _or_none(finding.before),
        "variant": _or_none(finding.after),
        "choices": [
            {"step": effect.step, "does": effect.words, "change": _or_none(effect.change)} for effect in finding.effects
        ],
        "images": [
            {"name": image.name, "reference": _or_none(image.before), "variant": _or_none(image.after)}
            for image in finding.images
        ],
    }


def _table(rows: Sequence[Row]) -> str:
    body = [
        [row.variant.name, *(_cell(entry, row.values.get(entry.name, math.nan)) for entry in COLUMNS)] for row in rows
    ]
    headings = ["variant", *map(cells.heading, COLUMNS)]
    align = ["left"] + ["right"] * len(COLUMNS)
    return tabulate(body, headings, tablefmt="pipe", colalign=align, disable_numparse=True)


def _findings(row: Row) -> str:
    lines = [_sentence(finding) for finding in row.findings]
    return "\n".join(
        [f"**{row.variant.name}**", "", *(lines or ["- The same as the reference in all that it computes."])]
    )


def _sentence(finding: Finding) -> str:
    entry = ENTRIES[finding.metric]
    heading = cells.heading(entry).rsplit(" ", 1)[0]
    moved = f"- {heading} {_cell(entry, finding.before)} → {_cell(entry, finding.after)}. "
    first, *others = finding.effects
    moved += f"Moved most by {first.step}: {first.words} ({_signed(entry, first.change)})."
    if rest := [f"{effect.step} {_signed(entry, effect.change)}" for effect in others if _shows(entry, effect.change)]:
        moved += f" Then: {', '.join(rest)}."
    if not finding.images:
        return f"{moved} No image is judged differently."
    shown = ", ".join(_image(entry, image) for image in finding.images[:IMAGES_SHOWN])
    more = ", …" if len(finding.images) > IMAGES_SHOWN else ""
    return f"{moved} Images that change, {len(finding.images)}: {shown}{more}."


def _image(entry: MetricEntry, image: ImageChange) -> str:
    return f"{image.name} ({_cell(entry, image.before)} → {_cell(entry, image.after)})"


def _choices(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        differing = [
            f"{label}: {row.variant.words(step)}"
            for step, label in STEPS.items()
            if row.variant.words(step) != REFERENCE.words(step) or row.variant.name == REFERENCE.name
        ]
        what = "; ".join(differing) or "as the reference"
        lines.append(f"- **{row.variant.name}** ({row.variant.source}). {what}. {row.variant.note}".rstrip())
    return "\n".join(lines)


def _cell(entry: MetricEntry, value: float) -> str:
    return cells.metric(entry, value)


def _signed(entry: MetricEntry, change: float) -> str:
    return ("+" if change > 0 else "") + _cell(entry, change)


def _shows(entry: MetricEntry, change: float) -> bool:
    """Whether the change is more than rounding, as printed."""
    return abs(change) * entry.scale >= 5e-5


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
