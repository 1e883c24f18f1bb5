"""The ledger as a page, `claims.md`: a table a metric and data set, and below it what else was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import SupportsFloat

from istdbench.claims.claim_record import CLAIMS, ClaimRecord, examine_claims
from istdbench.claims.claimed import ledger
from istdbench.claims.ledger_table import ledger_table
from istdbench.claims.lines import Line, lines
from istdbench.claims.tolerance import ALIKE, STRETCHED
from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import cells, markdown
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.markdown import code, escaped
from istdbench.reports.reporter import Reporter
from istdbench.results import Record
from istdbench.results.record_parts import as_number

LEGEND = f"""\
Written by `istdbench claims` from its records; edits are lost. A row is one number that authors state of weights that \
they released. Beside it stands what those weights give here under the authors' own rule (a variant of `istdbench \
audit`), on the grid of the network's input; and what they give under the common protocol, by which all methods of the \
leaderboards are scored: official split, each image's native grid, score > 0.5. Ranks are those of the rows of one \
table, in each of the three; what is claimed may be of other images and rules than what stands above and below it.

A claim *agrees* where rounding and interpolation explain the difference: half of the last digit that was printed; \
where images are stretched also {STRETCHED["IoU"]:.1%} of IoU, nIoU and F1, {STRETCHED["Fa"]:.0%} of Fa and one \
target of Pd; where none is {ALIKE["IoU"]:.1%} of IoU, nIoU and F1 and {ALIKE["Fa"]:.0%} of Fa. \
Elsewhere the difference stands there, measured less claimed."""


def page(measured: Mapping[str, ClaimRecord], records: Sequence[Record], entries: Sequence[Metric]) -> str:
    """The page as Markdown. Links are relative to the folder that holds it, `CLAIMS` and `RECORDS`.

    Args:
        measured, records: as of `istdbench.claims.lines.lines`.
        entries: the metrics, in the order of the tables.
    """
    every, notes = lines(measured, records), Footnotes()
    blocks = ["# Claims", LEGEND, total(every)]
    for dataset in dict.fromkeys(line.claimed.claim.on.dataset for line in every):
        of_dataset = [line for line in every if line.claimed.claim.on.dataset == dataset]
        blocks += [f"## {escaped(dataset)}"]
        for entry in entries:
            if shown := [line for line in of_dataset if line.metric == entry.name]:
                table = ledger_table(shown, entry)
                blocks += [f"### {escaped(table.title)}", markdown.to_markdown(table, notes)]
        blocks += what_else(of_dataset, entries)
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


def total(every: Sequence[Line]) -> str:
    """How much of the ledger was made again, and came out, as one sentence or two."""
    made = [line.verdict for line in every if line.verdict is not None]
    claims = len({line.claimed.name for line in every if line.measured})
    agree = sum(verdict.agrees for verdict in made)
    return f"{claims} of {len(ledger())} claims were made again. {agree} of their {len(made)} numbers agree."


def what_else(of_dataset: Sequence[Line], entries: Sequence[Metric]) -> list[str]:
    """What else was tried of the claims that did not come out, as Markdown, a line each; nothing where nothing was."""
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
