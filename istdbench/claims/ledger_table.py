"""One metric of the ledger as a table, for every format that it is written in."""

from __future__ import annotations

import math
from collections.abc import Sequence

from istdbench.claims.claim_record import CLAIMS
from istdbench.claims.lines import Line
from istdbench.metrics.metric import Metric
from istdbench.reports import cells
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.results import RECORDS


def ledger_table(shown: Sequence[Line], entry: Metric) -> Table:
    """The values of one metric on one data set, the best claim first.

    Links are relative to the folder that holds `CLAIMS` and `RECORDS`.
    """
    sign = -1 if entry.higher_is_better else 1
    ordered = sorted(shown, key=lambda line: (sign * line.stated, line.claimed.name))
    stated, found, scored = (
        _ranks([sign * value for value in values])
        for values in zip(*((line.stated, line.found, line.scored) for line in ordered), strict=True)
    )
    weights = [Cell(name := str(line.claimed.release), name, code=True) for line in ordered]
    rules = [words(f"{line.claimed.claim.on.split}, {line.claimed.claim.rule}") for line in ordered]
    columns = [
        Column("weights", "weights", weights, number=False),
        Column("rule", "split, rule", rules, number=False),
        Column("claimed", "claimed", [_claimed(line, entry) for line in ordered]),
        Column("claimed_rank", "rank", stated),
        Column("measured", "authors' rule", [_measured(line, entry) for line in ordered]),
        Column("measured_rank", "rank", found),
        Column("verdict", "verdict", [_verdict(line, entry) for line in ordered]),
        Column("common", "common protocol", [_common(line, entry) for line in ordered]),
        Column("common_rank", "rank", scored),
    ]
    return Table(cells.heading(entry), {}, columns)


def _ranks(values: Sequence[float]) -> list[Cell]:
    """The place of each value, smallest first; equal ones share theirs, and what is not known has none."""
    ranks = [None if math.isnan(own) else 1 + sum(other < own for other in values) for own in values]
    return [Cell(cells.number(rank, "d"), rank) for rank in ranks]


def _claimed(line: Line, entry: Metric) -> Cell:
    """The value with the digits that were printed, and who says it."""
    release, claim = line.claimed.release, line.claimed.claim
    printed = claim.values[line.metric].scaleb(round(math.log10(entry.scale)))  # keeps the digits
    source = f"Claimed in {release.repository} at {release.commit[:7]}: {claim.where}."
    return Cell(f"{printed:f}", line.stated, notes=[source])


def _measured(line: Line, entry: Metric) -> Cell:
    if line.measured is None:
        return Cell("not made yet", None)
    text = cells.metric(entry, line.found)
    return Cell(text, line.found, links={text: f"{CLAIMS}/{line.claimed.name}.json"})


def _verdict(line: Line, entry: Metric) -> Cell:
    if line.verdict is None:
        return Cell(cells.NONE, None)
    if line.verdict.agrees:
        return words("agrees")
    text = cells.signed(entry, line.verdict.difference)
    return Cell(text, text, rank=0)


def _common(line: Line, entry: Metric) -> Cell:
    if line.common is not None:
        text = cells.metric(entry, line.scored)
        return Cell(text, line.scored, links={text: f"{RECORDS}/{line.common.path}"})
    if line.measured is not None and line.measured.trained_on_common:
        return Cell(f"{cells.NONE} (trained on {line.measured.trained_on_common} of its images)", None)
    return Cell(cells.NONE, None)
