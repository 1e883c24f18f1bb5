"""What the pages are made from: a folder of leaderboards with its records, claims and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from istdbench.metrics.metric import Metric
from istdbench.results import RECORDS, Record, Store


@dataclass(frozen=True)
class Shelf:
    """A folder with records, such as `leaderboards` and `leaderboards/ablations`.

    Attributes:
        name: of the folder below the first; "" of the first itself.
        entries: the metrics; the first one, IoU, orders the rows.
    """

    name: str
    folder: Path
    entries: Sequence[Metric]

    @property
    def store(self) -> Store:
        """Its records and their per-image tables."""
        return Store(self.folder / RECORDS)

    @cached_property
    def records(self) -> list[Record]:
        """Every sound record; a warning names each that is left out."""
        return self.store.load_all()


@dataclass(frozen=True)
class Source:
    """A folder of leaderboards.

    Attributes:
        entries: the metrics; the first one, IoU, orders the rows.
    """

    folder: Path
    entries: Sequence[Metric]

    @cached_property
    def shelves(self) -> list[Shelf]:
        """The folder itself, and those in it that have records of their own."""
        inner = sorted(path.parent for path in self.folder.glob(f"*/{RECORDS}") if path.is_dir())
        return [Shelf("", self.folder, self.entries), *(Shelf(path.name, path, self.entries) for path in inner)]
