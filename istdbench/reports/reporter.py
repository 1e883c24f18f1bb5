"""What a reporter is: something that writes files from records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from istdbench.metrics.metric import Metric
from istdbench.results import Record


@dataclass(frozen=True)
class Reporter:
    """A reporter as a plugin registers it.

    Attributes:
        name: what `istdbench list reporters` calls it; no two reporters have the same one.
        summary: one line for `istdbench list reporters`.
        write: `write(records, entries, folder)` writes its files into `folder` and returns their paths; the records
            stand in `folder / RECORDS / record.path`. The same records give the same bytes.
    """

    name: str
    summary: str
    write: Callable[[Sequence[Record], Sequence[Metric], Path], list[Path]]
