"""A table of the paper as people read it: Markdown in a file, the same rows on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from istdbench.registry import METHODS
from istdbench.reports import markdown, plain

TEXT_COLUMNS = 2
"""The method, and what the row holds of it; the rest are numbers."""


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
            table = markdown.table(section.headings, section.rows, numbers=slice(TEXT_COLUMNS, None))
            blocks += [f"## {section.title}", table]
        return "\n\n".join([*blocks, "\n".join(self.sources)]) + "\n"

    @property
    def printed(self) -> str:
        """The whole for a terminal."""
        tables = [
            plain.table(each.headings, each.rows, numbers=each.headings[TEXT_COLUMNS:], title=each.title)
            for each in self.sections
        ]
        return "\n\n".join([*tables, self.legend, "\n".join(self.sources)])


def how_to_make_one(method: str, command: str) -> str:
    """What stands in the place of a measurement: the command that makes one, where there is such a method."""
    return command if method in METHODS.names() else f"not a method here; `istdbench new-plugin {method}` begins one"
