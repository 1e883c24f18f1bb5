"""Every file that is made from a folder of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from istdbench.files import remove_leftovers
from istdbench.metrics.metric import Metric
from istdbench.reports.reporter import Reporter
from istdbench.results import RECORDS, Store
from istdbench.results.cost import examine_costs


def write_reports(out: Path, reporters: Iterable[Reporter], entries: Sequence[Metric]) -> list[Path]:
    """Let every reporter write its files from all sound records under `out`; returns their paths.

    The records are read and the files written while no other process can save a record, so that a page never loses a
    row to one that was begun earlier. A warning names each record that is left out.
    """
    store = Store(out / RECORDS)
    with store.locked():
        records = store.load_all()
        paths = [path for reporter in reporters for path in reporter.write(records, entries, out)]
        remove_leftovers(out)
    return paths


def damage(out: Path) -> list[str]:
    """What is wrong with each record under `out` that the files are written without."""
    return [*Store(out / RECORDS).examine()[1], *examine_costs(out)[1]]
