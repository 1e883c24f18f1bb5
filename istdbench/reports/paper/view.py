"""A table of the paper as people read it: Markdown in a file, the same rows on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text
from tabulate import tabulate

TEXT_COLUMNS = 2
"""The method, and what the row holds of it; the rest are numbers."""

NOT_HERE = "not a method here; `istdbench new-plugin {method}` begins one"
"""Stands in the row of a method of the paper that nobody has registered."""


@dataclass(frozen=True)
class Section:
    """One table: its heading, the heads of its columns, its cells."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class View:
    """One table of the paper.

    Attributes:
        title: which.
        legend: how to read it.
        sections: a table for each data set.
        sources: footnotes, as Markdown has them.
    """

    title: str
    legend: str
    sections: Sequence[Section]
    sources: Sequence[str]

    @property
    def markdown(self) -> str:
        """The whole as a page."""
        blocks = [f"# {self.title}", self.legend]
        for section in self.sections:
            align = ["left"] * TEXT_COLUMNS + ["right"] * (len(section.headings) - TEXT_COLUMNS)
            table = tabulate(section.rows, section.headings, tablefmt="pipe", colalign=align, disable_numparse=True)
            blocks += [f"## {section.title}", table]
        return "\n\n".join([*blocks, "\n".join(self.sources)]) + "\n"

    @property
    def printed(self) -> Group:
        """The whole for `rich.console.Console.print`."""
        tables = [part for section in self.sections for part in (_table(section), "")]
        return Group(*tables, Text(self.legend), "", Text("\n".join(self.sources)))


def _table(section: Section) -> Table:
    table = Table(title=section.title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for place, heading in enumerate(section.headings):
        if place < TEXT_COLUMNS:
            table.add_column(heading)
        else:  # as narrow as a number, so that four fit a terminal; an interval takes three lines
            table.add_column(heading, justify="right", width=10, overflow="fold")
    for row in section.rows:
        table.add_row(*map(Text, row))
    return table
