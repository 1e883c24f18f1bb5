"""Table 1: accuracy of 18 methods on NUAA-SIRST and IRSTD-1k."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.metrics.spec import MetricEntry
from istdbench.reports.paper.accuracy import accuracy
from istdbench.reports.paper.view import View
from istdbench.reports.published import published
from istdbench.results import Record

PRINTINGS = ("mim_table1", "mim_table1_final")


def table1(records: Sequence[Record], entries: Sequence[MetricEntry]) -> View:
    """The table, in the paper's order, with MiM-ISTD and its two printings first."""
    papers = [row for key in PRINTINGS for row in published() if row.key == key]
    return accuracy("Table 1 of MiM-ISTD: accuracy", papers, records, entries)
