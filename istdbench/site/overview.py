"""The first page: each leaderboard with its best rows, and where all else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from istdbench.claims.ledger_page import total
from istdbench.site.addresses import CLAIMS_PAGE
from istdbench.site.board_pages import ShownRow, about_data, board_pages, by_page, shown_rows
from istdbench.site.frame import page
from istdbench.site.section import Asset, Page
from istdbench.site.source import Listing, Shelf, Source

BEST = 5
"""Rows that are shown of a data set's only board."""


@dataclass(frozen=True)
class Shown:
    """A board with its rows."""

    listing: Listing
    rows: Sequence[ShownRow]


@dataclass(frozen=True)
class Group:
    """The boards of one page.

    Attributes:
        about: the data set, in a sentence.
    """

    shelf: Shelf
    page: str
    about: str
    boards: Sequence[Shown]


def leaderboards(source: Source) -> Iterator[Page | Asset]:
    """The first page, and all that it leads to; nothing without records."""
    if source.shelves:
        yield page(
            "index.html",
            "Infrared small target detection, measured",
            "overview.html",
            sections=_sections(source),
            best=BEST,
            claims=total(source.claims) if source.claims else "",
            claims_page=CLAIMS_PAGE,
        )
        yield from board_pages(source)


def _sections(source: Source) -> list[tuple[str, list[Group]]]:
    """The leaderboards themselves, and what stands beside them, each with its title."""
    groups = [group for shelf in source.shelves for group in _groups(shelf)]
    return [
        (title, found)
        for title, found in (
            ("Leaderboards", [group for group in groups if not group.shelf.name]),
            ("Trials beside them", [group for group in groups if group.shelf.name]),
        )
        if found
    ]


def _groups(shelf: Shelf) -> list[Group]:
    return [
        Group(shelf, path, about_data(listings[0]), [Shown(listing, shown_rows(listing)) for listing in listings])
        for path, listings in by_page(shelf).items()
    ]
