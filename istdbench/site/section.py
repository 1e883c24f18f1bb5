"""What a site consists of: sections, each of which gives pages and the files that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from istdbench.site.source import Source


@dataclass(frozen=True)
class Page:
    """One page, without the frame that all pages have.

    Attributes:
        path: from the top of the site, with slashes: `boards/nuaa.html`.
        title: its heading, and what a browser calls it.
        body: what stands below the heading; links in it are relative, see `top`.
        scripts: paths from the top of the site, of those that it runs beside the ones of all pages.
    """

    path: str
    title: str
    body: Markup
    scripts: Sequence[str] = ()

    @property
    def top(self) -> str:
        """What leads from the page to the top of the site: "" or `../` and so on."""
        return top_of(self.path)


@dataclass(frozen=True)
class Asset:
    """Any other file.

    Attributes:
        path: as of a page.
    """

    path: str
    content: bytes


@dataclass(frozen=True)
class Section:
    """One entry of the navigation.

    Attributes:
        title: as the navigation calls it.
        make: gives its pages and files. The first of them is the page that the navigation leads to; one that gives
            none, since there is nothing to show, has no entry.
    """

    title: str
    make: Callable[[Source], Iterable[Page | Asset]]


def top_of(path: str) -> str:
    """What leads from a page to the top of the site.

    >>> top_of("index.html"), top_of("boards/ablations/nuaa.html")
    ('', '../../')
    """
    return "../" * path.count("/")
