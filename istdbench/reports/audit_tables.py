"""The audit as Markdown for people and as plain values for programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from istdbench.audit.audit import Finding, Row
from istdbench.audit.variant import STEPS
from istdbench.audit.variants import REFERENCE
from istdbench.metrics import REFERENCE as METRICS
from istdbench.metrics.metric import Metric
from istdbench.reports import cells, markdown
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.table import Cell, Column, Table, words

AUC = Metric(
    name="AUC",
    label="AUC",
    summary="area under the curve that the variant draws",
    higher_is_better=True,
    formula=lambda counts: math.nan,  # it needs the maps
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


@dataclass(frozen=True)
class Audited:
    """Whose score maps were audited, and on what.

    Attributes:
        source: what made the maps.
        dataset: its name.
        images: of the part (number).
    """

    source: str
    dataset: str
    split: str
    part: str
    images: int


def to_markdown(audited: Audited, rows: Sequence[Row]) -> str:
    """The whole as a page: table, what moved each number, and what each variant does."""
    return f"{head(audited)}\n\n{markdown.to_markdown(table(audited, rows), Footnotes())}\n\n{reasons(rows)}\n"


def head(audited: Audited) -> str:
    """What was audited and how to read it, as Markdown."""
    images = f"{audited.dataset}, split {audited.split}, {audited.part} part, {audited.images} images"
    return f"# Metric audit of {markdown.escaped(audited.source)}\n\n{markdown.escaped(images)}. {LEGEND}"


def reasons(rows: Sequence[Row]) -> str:
    """What moved each number, and what each variant does, as Markdown."""
    findings = [_findings(row) for row in rows if row.variant.name != REFERENCE.name]
    return "\n\n".join(
        ["## What moved the numbers", WAY, *findings, "## What each variant does", _choices(rows)],
    )


def table(audited: Audited, rows: Sequence[Row]) -> Table:
    """The values of every variant."""
    columns = [Column("variant", "variant", [words(row.variant.name) for row in rows], number=False)]
    for entry in COLUMNS:
        values = [row.values.get(entry.name, math.nan) for row in rows]
        found = [Cell(cells.metric(entry, value), value) for value in values]
        columns.append(Column(entry.name, cells.heading(entry), found))
    return Table("", asdict(audited), columns)


def to_json(audited: Audited, rows: Sequence[Row]) -> dict[str, Any]:
    """The audit as plain values; what is undefined is NaN."""
    return {
        **asdict(audited),
        "variants": [
            {
                "name": row.variant.name,
                "restates": row.variant.source,
                "choices": {label: row.variant.words(step) for step, label in STEPS.items()},
                "values": dict(row.values),
                "differences": [_finding_json(finding) for finding in row.findings],
            }
            for row in rows
        ],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "metric": finding.metric,
        "reference": finding.before,
        "variant": finding.after,
        "choices": [{"step": effect.step, "does": effect.words, "change": effect.change} for effect in finding.effects],
        "images": [{"name": image.name, "reference": image.before, "variant": image.after} for image in finding.images],
    }


def _findings(row: Row) -> str:
    lines = [_sentence(finding) for finding in row.findings]
    return "\n".join(
        [f"**{row.variant.name}**", "", *(lines or ["- The same as the reference in all that it computes."])]
    )


def _sentence(finding: Finding) -> str:
    entry = ENTRIES[finding.metric]
    heading = cells.heading(entry).rsplit(" ", 1)[0]
    moved = f"- {heading} {cells.metric(entry, finding.before)} → {cells.metric(entry, finding.after)}. "
    first, *others = finding.effects
    moved += f"Moved most by {first.step}: {first.words} ({cells.signed(entry, first.change)})."
    more_than_rounding = [effect for effect in others if abs(effect.change) * entry.scale >= 5e-5]
    if rest := [f"{effect.step} {cells.signed(entry, effect.change)}" for effect in more_than_rounding]:
        moved += f" Then: {', '.join(rest)}."
    if not finding.images:
        return f"{moved} No image is judged differently."
    shown = ", ".join(
        f"{markdown.escaped(image.name)} ({cells.metric(entry, image.before)} → {cells.metric(entry, image.after)})"
        for image in finding.images[:IMAGES_SHOWN]
    )
    more = ", …" if len(finding.images) > IMAGES_SHOWN else ""
    return f"{moved} Images that change, {len(finding.images)}: {shown}{more}."


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
