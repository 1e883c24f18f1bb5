"""A page a method: what it is, where its numbers stand, what is claimed of it, what it costs, and where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from istdbench.built_in import family_of
from istdbench.committed.cards import card
from istdbench.committed.entry import CURVE, RECORD, Entry, sound_entries
from istdbench.methods.method import Learned, Method
from istdbench.metrics.metric import Metric
from istdbench.registry import METHODS
from istdbench.reports import cells
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.efficiency import cost_tables
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.html.gallery import image_iou
from istdbench.reports.papers import Published, from_description, published
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.results import Record
from istdbench.site.addresses import CLAIMS_PAGE, board_path, card_path, data_path, method_path
from istdbench.site.bars import Bar, bars
from istdbench.site.board_pages import ShownRow, shown_rows
from istdbench.site.claims_page import ledger_by_dataset
from istdbench.site.frame import page
from istdbench.site.fronts import OTHERS
from istdbench.site.prose import prose
from istdbench.site.section import Asset, Page
from istdbench.site.source import Listing, Shelf, Source
from istdbench.spec import parse_spec

if TYPE_CHECKING:
    import pandas as pd

HARDEST = 8
"""Images that are named, of each board."""


@dataclass(frozen=True)
class Standing:
    """One row of a board, seen from its method.

    Attributes:
        page: of the board.
        hardest: the images with the lowest IoU, lowest first: name, IoU and counts.
    """

    shelf: Shelf
    listing: Listing
    label: str
    shown: ShownRow
    page: str
    hardest: Sequence[Mapping[str, Any]]


@dataclass
class About:
    """All that is known of one method.

    Attributes:
        method: as it is registered; None where it is known by its records alone.
    """

    name: str
    method: Method | None
    paper: str = ""
    standings: list[Standing] = field(default_factory=list)

    @property
    def family(self) -> str:
        """By which the filters go."""
        return family_of(self.name) or OTHERS

    @property
    def page(self) -> str:
        """From the top of the site."""
        return method_path(self.name)

    def bars(self, entry: Metric) -> list[Bar | None]:
        """Of its standings, all on one scale."""
        nothing = Cell(cells.NONE, None)
        shown = [each.shown for each in self.standings]
        beside = [each.published.get(entry.name, nothing) for each in shown]
        return bars(entry, [each.cells.get(entry.name, nothing) for each in shown], beside)


def methods(source: Source) -> Iterator[Page | Asset]:
    """The list of all methods, registered or with records, a page of each, and the cards of the package's weights."""
    if not source.shelves:
        return
    known = {method.name: About(method.name, method, method.paper) for method in METHODS.all()}
    for shelf in source.shelves:
        for listing in shelf.listings:
            for label, shown in zip(listing.board.labels, shown_rows(listing), strict=True):
                record = shown.row.newest
                about = known.setdefault(
                    record.method.spec.name, About(record.method.spec.name, None, record.method.paper)
                )
                where = board_path(shelf.name, listing.board.rows[0].newest)
                about.standings.append(Standing(shelf, listing, label, shown, where, _hardest(shelf, listing, record)))
    yield page("methods/index.html", "Methods", "methods.html", methods=list(known.values()))
    entries, _ = sound_entries()
    for about in known.values():
        yield _page(about, source, [entry for entry in entries if entry.record.method.spec.name == about.name])
    for entry in entries:
        yield from _card(entry)


def _card(entry: Entry) -> Iterator[Page | Asset]:
    """The model card of weights, with the files that it leads to."""
    path = card_path(entry.key)
    yield Page(path, f"Weights {entry.key}", prose(card(entry).partition("\n")[2]))
    for name in (RECORD, CURVE):
        yield Asset(f"{path.rpartition('/')[0]}/{name}", (entry.folder / name).read_bytes())


def _page(about: About, source: Source, entries: Sequence[Entry]) -> Page:
    method = about.method
    return page(
        about.page,
        about.name,
        "method.html",
        about=about,
        remark=from_description(about.name),
        recipe=dict(method.recipe) if isinstance(method, Learned) else {},
        cards=[(entry.key, card_path(entry.key)) for entry in entries],
        claims=_claims(about, source),
        claims_page=CLAIMS_PAGE,
        costs=_costs(about, source),
        papers=_papers(about),
        headlines=source.entries[:HEADLINES],
        bars={entry.name: about.bars(entry) for entry in source.entries[:HEADLINES]},
        base=f"{data_path('')}/",
        notes=Footnotes(),
    )


def _claims(about: About, source: Source) -> list[tuple[str, Table]]:
    """Its rows of the ledger's tables, with the ranks that they have there, by the data set's name."""
    own = {str(line.claimed.release) for line in source.claims if line.claimed.release.spec.name == about.name}
    found = []
    for dataset, tables in ledger_by_dataset(source).items():
        for table in tables:
            rows = [place for place, cell in enumerate(table.columns[0].cells) if cell.value in own]
            columns = [replace(column, cells=[column.cells[place] for place in rows]) for column in table.columns]
            found += [(dataset, replace(table, columns=columns))] if rows else []
    return found


def _costs(about: About, source: Source) -> Table | None:
    """Its rows of all tables of costs as one, which begins with what tells them apart; None where it has none."""
    tables = cost_tables(record for record in source.costs if parse_spec(record.method).name == about.name)
    if not tables:
        return None
    measured = [words(table.title) for table in tables for _ in table.columns[0].cells]
    columns = [
        replace(columns[0], cells=[cell for column in columns for cell in column.cells])
        for columns in zip(*(table.columns for table in tables), strict=True)
    ]
    return Table("", {}, [Column("measured", "image, machine", measured, number=False), *columns])


def _papers(about: About) -> list[Published]:
    return [paper for paper in published() if paper.method == about.name]


def _hardest(shelf: Shelf, listing: Listing, record: Record) -> list[dict[str, Any]]:
    """Of the images that the board shows."""
    table: pd.DataFrame = shelf.store.per_image(record)
    table = table[table["name"].str.startswith(listing.board.prefix)]
    iou = image_iou(table).sort_values(kind="stable")[:HARDEST]
    counts = table.set_index("name")[["targets", "detected", "false_regions"]]
    return [{"name": name, "iou": float(iou[name]), **counts.loc[name].to_dict()} for name in iou.index]
