"""What the report needs beyond records: what the score maps behind a row show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from istdbench.datasets.dataset import Dataset
    from istdbench.metrics.analysis import Analysis
    from istdbench.reports.rows import Board
    from istdbench.results import Store


@dataclass(frozen=True)
class Evidence:
    """One row of a board, seen through its newest run.

    Attributes:
        method: the row's label.
        threshold: of the board's protocol, at which hits and false alarms are taken.
        images: of the board (number).
        as_recorded: images whose targets, hits, false alarms and false pixels are those of the record.
    """

    method: str
    dataset: Dataset
    analysis: Analysis
    threshold: float
    images: int
    as_recorded: int


Gather = Callable[["Board", "Store"], tuple[list[Evidence], list[str]]]
"""The evidence of each row of a board, best first, and why a row has none; the store holds the records."""
