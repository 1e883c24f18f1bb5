"""Which boards have images to look at: those of whose rows score maps are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from istdbench.datasets.dataset import Dataset
from istdbench.registry import dataset_entries
from istdbench.reports.html.gallery import image_iou
from istdbench.reports.rows import Board, Row, boards
from istdbench.results import Record
from istdbench.runs import map_sources
from istdbench.scoring.kept_maps import kept_keys
from istdbench.site.addresses import board_path
from istdbench.site.source import Shelf, Source
from istdbench.spec import cut


@dataclass(frozen=True)
class Seen:
    """One row of a board, seen through the score maps of one of its runs."""

    label: str
    record: Record
    maps: map_sources.Source


@dataclass(frozen=True)
class Gallery:
    """A board whose images are shown, with the rows that are seen on them, best first.

    Attributes:
        shelf: that it is of.
        unseen: number of rows whose score maps are not kept.
    """

    board: Board
    shelf: Shelf
    seen: Sequence[Seen]
    unseen: int

    @property
    def dataset(self) -> Dataset:
        """The data set of the board."""
        return self.seen[0].maps.dataset

    @property
    def origin(self) -> str:
        """What the data set is, by whom, and on what terms, as sentences."""
        about = [f"{entry.summary}." for entry in dataset_entries(self.dataset.spec.name)]
        return " ".join([*about, self.dataset.terms])

    @property
    def names(self) -> Sequence[str]:
        """Of its images."""
        return self.seen[0].maps.names

    @property
    def threshold(self) -> float:
        """A target is where the score is greater."""
        return self.seen[0].maps.threshold

    @property
    def title(self) -> str:
        """What it is called on pages."""
        parts = (self.board.setting.dataset, f"protocol {self.board.setting.protocol}", self.shelf.name)
        return ", ".join(filter(None, parts))

    @property
    def leaderboard(self) -> str:
        """The page of the leaderboard, from the top of the site."""
        return board_path(self.shelf.name, self.seen[0].record)

    def hardest(self, count: int) -> list[tuple[int, str]]:
        """Numbers and names of the images of the lowest mean IoU, by the records, lowest first."""
        ious = pd.concat([image_iou(self.shelf.store.per_image(each.record)) for each in self.seen], axis=1)
        place = {name: number for number, name in enumerate(self.names)}
        return [(place[name], name) for name in ious.mean(axis=1).sort_values(kind="stable").index[:count]]

    @property
    def slug(self) -> str:
        """Of its page and folder; no two have the same."""
        setting = self.board.setting
        name = f"{setting.dataset}-{setting.protocol}"
        digits = f"{setting.protocol_hash[:6]}{setting.split_hash[:6]}"
        return f"{cut(''.join(letter if letter.isalnum() else '-' for letter in name))}-{digits}"


def galleries(source: Source, maps: Path) -> Iterator[Gallery]:
    """Every board with a row of which score maps are kept.

    Args:
        maps: the folder given to `istdbench run --maps`; or one that holds the folders of predictions, by the names
            that records have of them.

    Raises:
        IstdbenchError: maps were changed, or the data set of a record is not here.
    """
    keys = kept_keys(maps)
    for shelf in source.shelves:
        for board in boards(shelf.records, source.entries):
            rows = list(zip(board.labels, board.rows, strict=True))
            found = {label: record for label, row in rows if (record := _kept(row, keys, maps)) is not None}
            seen = [Seen(label, record, map_sources.of_record(record, maps=maps)) for label, record in found.items()]
            if seen:
                yield Gallery(board, shelf, seen, len(rows) - len(seen))


def _kept(row: Row, keys: set[str], maps: Path) -> Record | None:
    """The row's run whose score maps are kept, the lowest seed of several."""
    return next((run for run in row.runs if run.key in keys or _predicted(run, maps)), None)


def _predicted(record: Record, maps: Path) -> bool:
    return record.predictions is not None and (maps / Path(record.predictions.folder).name).is_dir()
