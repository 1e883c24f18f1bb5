"""Every file that is made from a folder of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from istdbench.metrics.metric import Metric
from istdbench.reports.reporter import Reporter
from istdbench.results import RECORDS, Store


def write_reports(out: Path, reporters: Iterable[Reporter], entries: Sequence[Metric]) -> list[Path]:
    """Let every reporter write its files from all records under `out`; returns their paths."""
    records = Store(out / RECORDS).load_all()
    return [path for reporter in reporters for path in reporter.write(records, entries, out)]
