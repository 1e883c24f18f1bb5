"""The ledger line by line: one claimed value, with what is known of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from istdbench.claims.claim_record import ClaimRecord
from istdbench.claims.claimed import Claimed, common_records, ledger
from istdbench.claims.tolerance import verdicts
from istdbench.claims.verdict import Verdict
from istdbench.results import Record
from istdbench.results.record_parts import as_number


@dataclass(frozen=True)
class Line:
    """One value that authors claim.

    Attributes:
        metric: its name.
        measured: what came of its claim; None where it was not made again yet.
        common: the record of its weights under the common protocol; None where there is none.
    """

    claimed: Claimed
    metric: str
    measured: ClaimRecord | None
    common: Record | None

    @property
    def stated(self) -> float:
        """What is claimed."""
        return float(self.claimed.claim.values[self.metric])

    @property
    def found(self) -> float:
        """What the authors' weights give under the authors' rule; NaN where that is not known."""
        return as_number(self.measured.values[self.metric]) if self.measured else math.nan

    @property
    def scored(self) -> float:
        """What they give under the common protocol; NaN where that is not known."""
        return self.common.metrics.value(self.metric) if self.common else math.nan

    @property
    def verdict(self) -> Verdict | None:
        """Whether the claim is true; None where it was not made again yet."""
        return verdicts(self.claimed, self.measured)[self.metric] if self.measured else None


def lines(measured: Mapping[str, ClaimRecord], records: Sequence[Record]) -> list[Line]:
    """Every claimed value, in the order of the ledger.

    Args:
        measured: what came of each claim, by its name.
        records: of runs; those of released weights are the common protocol's.
    """
    common = common_records(records)
    return [
        Line(
            claimed,
            metric,
            measured.get(claimed.name),
            common.get((claimed.release.sha256, claimed.claim.on.dataset)),
        )
        for claimed in ledger()
        for metric in claimed.claim.values
    ]
