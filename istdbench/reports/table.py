"""What a table holds, apart from how it is written: in Markdown, LaTeX, CSV, JSON or on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from istdbench.results.record_parts import ProbeValue

Value = ProbeValue | None
"""What a program reads; None, and NaN, where there is nothing."""


@dataclass(frozen=True)
class Cell:
    """One place of a table, for people and for programs.

    Attributes:
        text: as people read it, with the digits that tables show.
        value: as programs read it, with all digits.
        more: what belongs to the value, such as the ends of its interval: `low` of the column `IoU` is `IoU_low`.
        behind: text after the first, which no rank marks, such as an interval.
        rank: 0 for the best of the column, 1 for the second; None for all others.
        notes: sentences that the reader must know of, which become footnotes.
        links: words of the text to the file that each leads to, relative to the page; they replace the text.
        code: whether it is what a person would type.
    """

    text: str
    value: Value
    more: Mapping[str, Value] = field(default_factory=dict)
    behind: str = ""
    rank: int | None = None
    notes: Sequence[str] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    code: bool = False


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: its name for programs; "" where they have it from another column.
        heading: its name for people, with unit and the direction of better.
        cells: one a row.
        number: whether it is aligned at the right.
        brief: whether it stands in a table for a paper, which has no room for all.
        notes: sentences that the reader must know of all cells, which become footnotes; programs have them from the
            table's facts.
    """

    key: str
    heading: str
    cells: Sequence[Cell]
    number: bool = True
    brief: bool = True
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        title: its heading.
        facts: what all rows have in common, by name.
        columns: from left to right.
        records: the files that its numbers come from.
    """

    title: str
    facts: Mapping[str, Value]
    columns: Sequence[Column]
    records: Sequence[str] = ()


def words(text: str, notes: Sequence[str] = (), **more: Value) -> Cell:
    """A cell whose text is its value."""
    return Cell(text, text, more, notes=notes)
