"""The first page: what there is."""

from __future__ import annotations

from collections.abc import Iterator

from istdbench.site.frame import page
from istdbench.site.section import Page
from istdbench.site.source import Source


def overview(source: Source) -> Iterator[Page]:
    """What the site holds; none without records."""
    shelves = [shelf for shelf in source.shelves if shelf.records]
    if shelves:
        yield page("index.html", "Infrared small target detection, measured", "overview.html", shelves=shelves)
