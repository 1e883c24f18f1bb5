"""Every file that is made from a folder of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from istdbench.errors import IstdbenchError, PluginError
from istdbench.metrics.metric import Metric
from istdbench.plugins.guard import calling
from istdbench.plugins.state import undisturbed
from istdbench.reports.reporter import Reporter
from istdbench.results import RECORDS, Store


def write_reports(out: Path, reporters: Iterable[Reporter], entries: Sequence[Metric]) -> list[Path]:
    """Let every reporter write its files from all records under `out`; returns their paths.

    Raises:
        PluginError: a reporter failed; each of the others has written its files.
        IstdbenchError: a record is damaged.
    """
    records, written, failed = Store(out / RECORDS).load_all(), list[Path](), list[str]()
    for reporter in reporters:
        try:
            with undisturbed(f"reporter {reporter.name}"), calling(f"reporter {reporter.name}"):
                written += map(Path, reporter.write(records, entries, out))
        except IstdbenchError as error:
            failed.append(f"reporter {reporter.name}: {error}")
        except Exception as error:  # a plugin may raise anything
            failed.append(f"reporter {reporter.name}: {type(error).__name__}: {error}")
    if failed:
        raise PluginError("; ".join([*failed, "what the other reporters write was written"]))
    return written
