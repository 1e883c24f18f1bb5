"""Numbers that papers printed, to stand beside ours."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Published:
    """One row of a paper's table.

    Attributes:
        source: the citation, with the table's number.
        method: as typed, without options: papers print their default.
        values: metric name to value, in the units of records.
    """

    source: str
    dataset: str
    split: str
    method: str
    values: Mapping[str, float]


@cache
def published() -> tuple[Published, ...]:
    """All rows of `published.toml`."""
    data = tomllib.loads((files("istdbench.reports") / "published.toml").read_text(encoding="utf-8"))
    return tuple(Published(**{**row, "source": data["sources"][row["source"]]}) for row in data["rows"])


def published_for(dataset: str, split: str) -> dict[str, Published]:
    """Method name to what a paper printed for it on that data set and split."""
    return {row.method: row for row in published() if (row.dataset, row.split) == (dataset, split)}
