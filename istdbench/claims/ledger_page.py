"""The ledger as a page, `claims.md`: a table a metric and data set, and below it what else was tried."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import SupportsFloat

from istdbench.claims.claim_record import CLAIMS, ClaimRecord, examine_claims
from istdbench.claims.claimed import ledger
from istdbench.claims.lines import Line, lines
from istdbench.claims.tolerance import ALIKE, STRETCHED
from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import cells, markdown
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.markdown import code, escaped
from istdbench.reports.reporter import Reporter
from istdbench.results import RECORDS, Record
from istdbench.results.record_parts import as_number

LEGEND = f"""\
# Claims

Written by `istdbench claims` from its records; edits are lost. A row is one number that authors state of weights that \
they released. Beside it stands what those weights give here under the authors' own rule (a variant of `istdbench \
audit`), on the grid of the network's input; and what they give under the common protocol, by which all methods of the \
leaderboards are scored: official split, each image's native grid, score > 0.5. Ranks are those of the rows of one \
table, in each of the three; what is claimed may be of other images and rules than what stands above and below it.

A claim *agrees* where rounding and interpolation explain the difference: half of the last digit that was printed; \
where images are stretched also {STRETCHED["IoU"]:.1%} of IoU, nIoU and F1, {STRETCHED["Fa"]:.0%} of Fa and one \
target of Pd; where none is {ALIKE["IoU"]:.1%} of IoU, nIoU and F1 and {ALIKE["Fa"]:.0%} of Fa. \
Elsewhere the difference stands there, measured less claimed."""

HEADINGS = ("weights", "split, rule", "claimed", "rank", "authors' rule", "rank", "verdict", "common protocol", "rank")


def page(measured: Mapping[str, ClaimRecord], records: Sequence[Record], entries: Sequence[Metric]) -> str:
    """The page as Markdown. Links are relative to the folder that holds it, `CLAIMS` and `RECORDS`.

    Args:
        measured, records: as of `istdbench.claims.lines.lines`.
        entries: the metrics, in the order of the tables.
    """
    every, notes = lines(measured, records), Footnotes()
    blocks = [LEGEND, _sum(every)]
    for dataset in dict.fromkeys(line.claimed.claim.on.dataset for line in every):
        of_dataset = [line for line in every if line.claimed.claim.on.dataset == dataset]
        blocks += [f"## {escaped(dataset)}"]
        for entry in entries:
            if shown := [line for line in of_dataset if line.metric == entry.name]:
                blocks += [f"### {escaped(cells.heading(entry))}", _table(shown, entry, notes)]
        blocks += _tried(of_dataset, entries)
    return "\n\n".join([*blocks, markdown.notes_below(notes)]) + "\n"


def write(records: Sequence[Record], entries: Sequence[Metric], folder: Path) -> list[Path]:
    """As a reporter does: write the page, where any claim was made again."""
    measured, _ = examine_claims(folder, ledger())
    if not measured:
        return []
    path = folder / f"{CLAIMS}.md"
    atomic_write(path, page(measured, records, entries))
    return [path]


LEDGER_PAGE = Reporter("claims", "what authors claim of their weights, beside what these give, as claims.md", write)


def _sum(every: Sequence[Line]) -> str:
    """How much of the ledger was made again, and came out."""
    made = [line.verdict for line in every if line.verdict is not None]
    claims = len({line.claimed.name for line in every if line.measured})
    agree = sum(verdict.agrees for verdict in made)
    return f"{claims} of {len(ledger())} claims were made again. {agree} of their {len(made)} numbers agree."


def _table(shown: Sequence[Line], entry: Metric, notes: Footnotes) -> str:
    """The values of one metric, the best claim first."""
    sign = -1 if entry.higher_is_better else 1
    ordered = sorted(shown, key=lambda line: (sign * line.stated, line.claimed.name))
    stated, found, scored = (
        _ranks([sign * value for value in values])
        for values in zip(*((line.stated, line.found, line.scored) for line in ordered), strict=True)
    )
    rows = [
        [
            code(str(line.claimed.release)),
            escaped(f"{line.claimed.claim.on.split}, {line.claimed.claim.rule}"),
            _claimed(line, entry, notes),
            stated[place],
            _measured(line, entry),
            found[place],
            _verdict(line, entry),
            _common(line, entry),
            scored[place],
        ]
        for place, line in enumerate(ordered)
    ]
    return markdown.table(HEADINGS, rows, numbers=slice(2, None))


def _ranks(values: Sequence[float]) -> list[str]:
    """The place of each value, smallest first; equal ones share theirs, and what is not known has none."""
    return [cells.NONE if math.isnan(own) else str(1 + sum(other < own for other in values)) for own in values]


def _claimed(line: Line, entry: Metric, notes: Footnotes) -> str:
    """The value with the digits that were printed, and who says it."""
    release, claim = line.claimed.release, line.claimed.claim
    source = notes.mark(f"Claimed in {release.repository} at {release.commit[:7]}: {claim.where}.")
    printed = claim.values[line.metric].scaleb(round(math.log10(entry.scale)))  # keeps the digits
    return f"{escaped(f'{printed:f}')}{source}"


def _measured(line: Line, entry: Metric) -> str:
    if line.measured is None:
        return "not made yet"
    return markdown.link(cells.metric(entry, line.found), f"{CLAIMS}/{line.claimed.name}.json")


def _verdict(line: Line, entry: Metric) -> str:
    if line.verdict is None:
        return cells.NONE
    return "agrees" if line.verdict.agrees else f"**{cells.signed(entry, line.verdict.difference)}**"


def _common(line: Line, entry: Metric) -> str:
    if line.common is not None:
        return markdown.link(cells.metric(entry, line.scored), f"{RECORDS}/{line.common.path}")
    if line.measured is not None and line.measured.trained_on_common:
        return f"{cells.NONE} (trained on {line.measured.trained_on_common} of its images)"
    return cells.NONE


def _tried(of_dataset: Sequence[Line], entries: Sequence[Metric]) -> list[str]:
    """What else was tried of the claims that did not come out, a line each."""
    tried = {line.claimed.name: line for line in of_dataset if line.measured is not None and line.measured.tried}
    blocks = ["### What else was tried"] if tried else []
    for line in tried.values():
        claim, measured = line.claimed.claim, line.measured
        assert measured is not None, "it was tried"
        stated, found = _values(claim.values, entries), _values(measured.values, entries)
        about = escaped(f"on {claim.on}, rule {claim.rule}: claimed {stated}, found {found}.")
        blocks += [f"{code(str(line.claimed.release))} {about}"]
        blocks += ["\n".join(f"- {escaped(trial.words)}: {_values(trial.values, entries)}" for trial in measured.tried)]
    return blocks


def _values(values: Mapping[str, SupportsFloat | None], entries: Sequence[Metric]) -> str:
    """Values by their metrics' labels, `IoU 0.7037, Fa ×10⁻⁶ 74.200`."""
    return ", ".join(
        f"{cells.heading(entry).rstrip(' ↑↓')} {cells.metric(entry, as_number(values[entry.name]))}"
        for entry in entries
        if entry.name in values
    )
