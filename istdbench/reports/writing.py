"""Every file that is made from a folder of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from istdbench.errors import IstdbenchError, PluginError
from istdbench.files import remove_leftovers
from istdbench.metrics.metric import Metric
from istdbench.plugins.guard import calling, told
from istdbench.plugins.state import undisturbed
from istdbench.reports.reporter import Reporter
from istdbench.results import RECORDS, Store
from istdbench.results.cost import examine_costs


def write_reports(out: Path, reporters: Iterable[Reporter], entries: Sequence[Metric]) -> list[Path]:
    """Let every reporter write its files from all sound records under `out`; returns their paths.

    The records are read and the files written while no other process can save a record, so that a page never loses a
    row to one that was begun earlier. A warning names each record that is left out.

    Raises:
        PluginError: a reporter failed; each of the others has written its files.
    """
    store, written, failed = Store(out / RECORDS), list[Path](), list[str]()
    with store.locked():
        records = store.load_all()
        for reporter in reporters:
            try:
                with undisturbed(f"reporter {reporter.name}"), calling(f"reporter {reporter.name}"):
                    written += map(Path, reporter.write(records, entries, out))
            except IstdbenchError as error:
                failed.append(f"reporter {reporter.name}: {error}")
            except Exception as error:  # a plugin may raise anything
                failed.append(f"reporter {reporter.name}: {told(error)}")
        remove_leftovers(out)
    if failed:
        raise PluginError("; ".join([*failed, "what the other reporters write was written"]))
    return written


def damage(out: Path) -> list[str]:
    """What is wrong with each record under `out` that the files are written without."""
    return [*Store(out / RECORDS).examine()[1], *examine_costs(out)[1]]
