"""Where the pages of methods and of data sets lie."""

from __future__ import annotations

from istdbench.results import Record
from istdbench.spec import Spec

CLAIMS_PAGE = "claims.html"


def method_path(name: str) -> str:
    """The page of a method, from the top of the site; `name` is without options."""
    return f"methods/{Spec(name).slug}.html"


def board_path(shelf: str, record: Record) -> str:
    """The page of the boards of a record's data set.

    Args:
        shelf: name of the folder that the record lies in, see `istdbench.site.source.Shelf`.
    """
    return "/".join(filter(None, ("boards", shelf, f"{record.dataset.spec.slug}.html")))


def card_path(entry: str) -> str:
    """The page of weights, by the key of their entry in the zoo."""
    return f"weights/{entry}/index.html"


def data_path(shelf: str) -> str:
    """The folder of the files that a shelf's tables lead to, as they lie in the leaderboards' folder."""
    return "/".join(filter(None, ("data", shelf)))
