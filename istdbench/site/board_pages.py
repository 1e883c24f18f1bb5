"""The leaderboards: a page a data set with all its boards, and the records that they are made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from istdbench.built_in import family_of
from istdbench.errors import UsageError
from istdbench.metrics.metric import Metric
from istdbench.registry import dataset_entries
from istdbench.reports.badges import BADGES, GRADES, badge, legend
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.leaderboard import ALARMS_LEGEND, DETAILS
from istdbench.reports.markdown import escaped
from istdbench.reports.papers import Published, published
from istdbench.reports.rows import Row
from istdbench.reports.table import Cell, Column
from istdbench.results.cost import CostRecord
from istdbench.site.addresses import board_path, data_path, method_path
from istdbench.site.bars import Bar, bars
from istdbench.site.charts import SCRIPTS, Chart
from istdbench.site.frame import page
from istdbench.site.fronts import OTHERS, fronts
from istdbench.site.prose import prose
from istdbench.site.section import Asset, Page, top_of
from istdbench.site.source import Listing, Shelf, Source


@dataclass(frozen=True)
class ShownRow:
    """One row, in words that the filters go by.

    Attributes:
        page: of its method, from the top of the site.
        cells: those of the front table, behind rank and group, by their columns' keys.
        bars: of the metrics among those.
        published: what papers printed beside those.
    """

    row: Row
    rank: int | None
    group: Cell
    family: str
    badge: str
    page: str
    cells: dict[str, Cell]
    bars: dict[str, Bar | None]
    published: dict[str, Cell]


@dataclass(frozen=True)
class ShownBoard:
    """One board of a page.

    Attributes:
        papers: what papers print on this data set and split, in the order of `papers.toml`.
    """

    listing: Listing
    columns: Sequence[Column]
    rows: Sequence[ShownRow]
    charts: Sequence[Chart]
    papers: Sequence[Published]
    alarms: bool


def board_pages(source: Source) -> Iterator[Page | Asset]:
    """A page for each data set of each shelf, and the files that their tables lead to."""
    for shelf in source.shelves:
        for path, listings in by_page(shelf).items():
            yield _page(path, shelf, listings, source.costs)
        yield from _files(shelf)


def by_page(shelf: Shelf) -> dict[str, list[Listing]]:
    """The boards of a shelf by the page that they stand on."""
    found: dict[str, list[Listing]] = defaultdict(list)
    for listing in shelf.listings:
        found[board_path(shelf.name, listing.board.rows[0].newest)].append(listing)
    return found


def about_data(listing: Listing) -> str:
    """What the data set of a board is; "" of one that no plugin registers here."""
    try:
        return "; ".join(entry.summary for entry in dataset_entries(listing.board.rows[0].newest.dataset.spec.name))
    except UsageError:
        return ""


def shown_rows(listing: Listing) -> list[ShownRow]:
    """The rows of a board, best first."""
    columns = listing.front.columns[1:]
    beside = {entry.name: listing.columns.get(f"published_{entry.name}") for entry in listing.headlines}
    drawn = {entry.name: _bars(entry, listing.columns[entry.name], beside[entry.name]) for entry in listing.headlines}
    first = listing.columns[listing.headlines[0].name].cells
    return [
        ShownRow(
            row,
            None if (rank := first[place].rank) is None else rank + 1,
            listing.columns["group"].cells[place],
            family_of(row.newest.method.spec.name) or OTHERS,
            badge(row.runs),
            method_path(row.newest.method.spec.name),
            {column.key: column.cells[place] for column in columns},
            {key: column[place] for key, column in drawn.items()},
            {key: column.cells[place] for key, column in beside.items() if column is not None},
        )
        for place, row in enumerate(listing.board.rows)
    ]


def _page(path: str, shelf: Shelf, listings: Sequence[Listing], costs: Sequence[CostRecord]) -> Page:
    shown = [_shown(listing, costs, top_of(path)) for listing in listings]
    rows = [row for board in shown for row in board.rows]
    runs = [run for listing in listings for row in listing.board.rows for run in row.runs]
    dataset = listings[0].board.rows[0].newest.dataset.name
    return page(
        path,
        f"{dataset}, {shelf.title}" if shelf.name else dataset,
        "boards.html",
        SCRIPTS if any(board.charts for board in shown) else (),
        about=about_data(listings[0]),
        boards=shown,
        families=list(dict.fromkeys(row.family for row in rows)),
        badges={name: meaning for name, meaning in (BADGES | GRADES).items() if any(name in row.badge for row in rows)},
        base=f"{data_path(shelf.name)}/",
        notes=Footnotes(),
        details=prose(DETAILS.format(metric=escaped(listings[0].headlines[0].label), badges=legend(runs))),
        alarms=prose(ALARMS_LEGEND),
    )


def _shown(listing: Listing, costs: Sequence[CostRecord], top: str) -> ShownBoard:
    setting = listing.board.setting
    images = (setting.dataset, setting.split, setting.part)
    papers = [paper for paper in published() if (paper.dataset, paper.split, "test") == images]
    charts = fronts(listing, costs, top)
    alarms = "backgrounds" in listing.whole.facts
    return ShownBoard(listing, listing.front.columns[1:], shown_rows(listing), charts, papers, alarms)


def _bars(entry: Metric, column: Column, beside: Column | None) -> list[Bar | None]:
    return bars(entry, column.cells, None if beside is None else beside.cells)


def _files(shelf: Shelf) -> Iterator[Asset]:
    """Records and their per-image tables, where the tables' links find them."""
    store, folder = shelf.store, shelf.folder
    for record in shelf.records:
        path = store.root / record.path
        tables = [] if record.per_image is None else [path.with_name(record.per_image.file)]
        for file in (path, *tables):
            yield Asset(f"{data_path(shelf.name)}/{file.relative_to(folder).as_posix()}", file.read_bytes())
