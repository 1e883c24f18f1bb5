"""A table of the paper as people read it: Markdown in a file, the same rows on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from istdbench.registry import METHODS
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.markdown import escaped, notes_below, to_markdown
from istdbench.reports.papers import from_description, not_built
from istdbench.reports.plain import to_plain
from istdbench.reports.table import Cell, Column, Table, Value, words


@dataclass(frozen=True)
class Line:
    """One row of such a table: what it holds of its method, and the cells of its numbers.

    Attributes:
        records: the files that the numbers come from.
    """

    what: Cell
    numbers: Sequence[Cell]
    records: Sequence[str] = ()


@dataclass(frozen=True)
class View:
    """One table of the paper.

    Attributes:
        title: which.
        legend: how to read it.
        tables: one for each data set.
    """

    title: str
    legend: str
    tables: Sequence[Table]

    @property
    def markdown(self) -> str:
        """The whole as a page."""
        notes = Footnotes()
        blocks = [f"# {self.title}", self.legend]
        for table in self.tables:
            blocks += [f"## {escaped(table.title)}", to_markdown(table, notes)]
        return "\n\n".join([*blocks, notes_below(notes)]) + "\n"

    @property
    def printed(self) -> str:
        """The whole for a terminal."""
        notes = Footnotes()
        tables = [to_plain(table, notes) for table in self.tables]
        return "\n\n".join([*tables, self.legend, "\n".join(notes.lines())])


def table(
    title: str, facts: dict[str, Value], headings: dict[str, str], blocks: Sequence[tuple[str, Sequence[Line]]]
) -> Table:
    """The table of blocks of lines, each block a method's, which is named in its first line.

    Args:
        headings: of the columns of numbers, by their names for programs.
    """
    lines = [line for _, block in blocks for line in block]
    methods = [Cell(method if place == 0 else "", method) for method, block in blocks for place in range(len(block))]
    columns = [
        Column("method", "method", methods, number=False),
        Column("what", "", [line.what for line in lines], number=False),
        *(
            Column(key, heading, [line.numbers[place] for line in lines])
            for place, (key, heading) in enumerate(headings.items())
        ),
    ]
    records = dict.fromkeys(record for line in lines for record in line.records)
    return Table(title, facts, columns, list(records))


def difference_from(source: str) -> Cell:
    """What such a row holds: measured minus the numbers of a source."""
    return Cell("difference from ", "difference", notes=[f"{source}."])


def how_to_make_one(method: str, command: str) -> Cell:
    """What stands in the place of a measurement: the command that makes one, where there is such a method, or else why
    there is none. What was made from a description alone is marked."""
    if method in METHODS.names():
        return words(command, notes=list(filter(None, [from_description(method)])))
    why = not_built().get(method)
    return words(f"not built: {why}" if why else f"not a method here; `istdbench new-plugin {method}` begins one")
