"""What the pages are made from: a folder of leaderboards with its records, claims and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from istdbench.claims.claim_record import examine_claims
from istdbench.claims.claimed import ledger
from istdbench.claims.lines import Line, lines
from istdbench.metrics.metric import Metric
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.front_table import front_table
from istdbench.reports.leaderboard import all_boards, whole_table
from istdbench.reports.rows import Board
from istdbench.reports.table import Column, Table
from istdbench.results import RECORDS, Record, Store
from istdbench.results.cost import CostRecord, load_costs


@dataclass(frozen=True)
class Listing:
    """A board with its tables.

    Attributes:
        whole: all columns.
        front: the columns that are shown first.
        headlines: the metrics among those.
    """

    board: Board
    whole: Table
    front: Table
    headlines: Sequence[Metric]

    @property
    def name(self) -> str:
        """What tells it from the other boards of its page, for links to it."""
        setting = self.board.setting
        return "-".join((setting.protocol_hash[:8], setting.part, setting.split_hash[:8], self.board.prefix.strip("/")))

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Those of the whole table, by their keys."""
        return {column.key: column for column in self.whole.columns}


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
    def title(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ") or "leaderboards"

    @property
    def store(self) -> Store:
        """Its records and their per-image tables."""
        return Store(self.folder / RECORDS)

    @cached_property
    def records(self) -> list[Record]:
        """Every sound record; a warning names each that is left out."""
        return self.store.load_all()

    @cached_property
    def listings(self) -> list[Listing]:
        """The boards, as in the Markdown leaderboards.

        Raises:
            IstdbenchError: a per-image table is missing, was changed, or is not of the same images as the others.
        """
        found = []
        for board in all_boards(self.records, self.entries, self.store.per_image):
            whole = _of_papers_images(board, whole_table(board, self.entries, self.store.per_image))
            front = front_table(board, whole, self.entries)
            shown = {column.key for column in front.columns}
            headlines = [entry for entry in board.headlines(self.entries, HEADLINES) if entry.name in shown]
            found.append(Listing(board, whole, front, headlines))
        return found


def _of_papers_images(board: Board, whole: Table) -> Table:
    """The table without the columns of what papers printed, where it is of another part than papers score."""
    if board.setting.part == "test":
        return whole
    return replace(whole, columns=[column for column in whole.columns if not column.key.startswith("published_")])


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
        """The folder itself, and those in it that have records of their own; without those that have none."""
        inner = sorted(path.parent for path in self.folder.glob(f"*/{RECORDS}") if path.is_dir())
        found = [Shelf("", self.folder, self.entries), *(Shelf(path.name, path, self.entries) for path in inner)]
        return [shelf for shelf in found if shelf.records]

    @cached_property
    def claims(self) -> list[Line]:
        """Every value of the ledger; none where no claim was made again."""
        measured, _ = examine_claims(self.folder, ledger())
        own = next((shelf.records for shelf in self.shelves if not shelf.name), [])
        return lines(measured, own) if measured else []

    @cached_property
    def costs(self) -> list[CostRecord]:
        """What methods cost; a warning names each record that is left out."""
        return load_costs(self.folder)
