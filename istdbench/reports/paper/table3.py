"""Table 3: what the inner Mamba adds, on NUAA-SIRST."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.metrics.spec import MetricEntry
from istdbench.reports.paper.accuracy import accuracy
from istdbench.reports.paper.view import View
from istdbench.reports.published import published
from istdbench.results import Record


def table3(records: Sequence[Record], entries: Sequence[MetricEntry]) -> View:
    """The table: `baseline`, `conv_inner`, and the whole network, whose numbers are those of Table 1."""
    whole = [row for row in published() if row.key == "mim_table1" and row.dataset == "nuaa"]
    ablated = [row for row in published() if row.key == "mim_table3"]
    return accuracy("Table 3 of MiM-ISTD: ablation", [*ablated, *whole], records, entries)
