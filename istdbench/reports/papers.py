"""Numbers that papers printed, to stand beside ours."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Published:
    """One row of a paper's table of accuracy.

    Attributes:
        key: of the table in `papers.toml`.
        source: the citation, with the table's number.
        method: as typed, without options: papers print their default.
        values: metric name to value, in the units of records.
    """

    key: str
    source: str
    dataset: str
    split: str
    method: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class PublishedCost:
    """One row of a paper's table of costs at `PUBLISHED_SIZE`.

    Attributes:
        values: may hold "parameters" and "gmacs", by thop's count.
    """

    key: str
    source: str
    method: str
    values: Mapping[str, float]


PUBLISHED_SIZE = (512, 512)
"""Height and width of the image that all `published_costs` are of, pixels."""


@cache
def published() -> tuple[Published, ...]:
    """All rows of accuracy in `papers.toml`, in its order."""
    return tuple(Published(**row) for row in _rows("tables"))


@cache
def published_costs() -> tuple[PublishedCost, ...]:
    """All rows of costs in `papers.toml`, in its order."""
    return tuple(PublishedCost(**row) for row in _rows("costs"))


@cache
def not_built() -> Mapping[str, str]:
    """Why no method of this package fills a row of a paper's table, by the row's method."""
    return dict(_papers()["not_built"])


@cache
def related_work() -> Mapping[str, str]:
    """Why there is no method of what MiM-ISTD names without a row in its tables, by the network's name."""
    return dict(_papers()["related_work"])


def from_description(method: str) -> str:
    """What to say of a method that was made from a paper alone, as one sentence; "" of all others.

    Args:
        method: its name, without options.
    """
    paper = _papers()["from_description"].get(method)
    return f"Re-implemented from the description, since no code is public: {paper}." if paper else ""


def published_for(dataset: str, split: str, part: str) -> dict[str, Published]:
    """Method name to what a paper printed for it on those images; of several printings the first.

    Papers print numbers of the test part: beside those of another part they would mislead, so that there are none.
    """
    if part != "test":
        return {}
    rows = [row for row in published() if (row.dataset, row.split) == (dataset, split)]
    return {row.method: row for row in reversed(rows)}


def _rows(kind: str) -> Iterator[dict[str, Any]]:
    """Each row with what its table says of all of them."""
    data = _papers()
    for table in data[kind]:
        common = {name: value for name, value in table.items() if name not in ("source", "rows")}
        for method, values in table["rows"].items():
            key = table["source"]
            yield {"key": key, "source": data["sources"][key], **common, "method": method, "values": values}


@cache
def _papers() -> dict[str, Any]:
    return tomllib.loads((files("istdbench.reports") / "papers.toml").read_text(encoding="utf-8"))
