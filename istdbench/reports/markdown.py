"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tabulate import tabulate

from istdbench.reports.footnotes import Footnotes
from istdbench.reports.table import Cell, Table

_RANKS = {0: "**{}**", 1: "<u>{}</u>"}


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: slice = slice(0)) -> str:
    """A table of cells that are shown as they are.

    Args:
        numbers: the columns of numbers, which are aligned at the right.

    >>> print(table(["method", "IoU"], [["tophat", "0.2515"]], numbers=slice(1, None)))
    | method   |    IoU |
    |:---------|-------:|
    | tophat   | 0.2515 |
    """
    align = ["left"] * len(headings)
    align[numbers] = ["right"] * len(align[numbers])
    return _written(headings, rows, align)


def table_of_columns(columns: Mapping[str, Sequence[str]], numbers: slice = slice(0)) -> str:
    """As `table`, of columns by their headings."""
    return table(list(columns), list(zip(*columns.values(), strict=True)), numbers)


def to_markdown(table: Table, notes: Footnotes) -> str:
    """The rows of a table, the best of a column bold, the second underlined.

    Args:
        notes: of the page, which get those of the table, column by column.
    """
    headings = [column.heading + _marks(column.notes, notes) for column in table.columns]
    columns = [[_cell(cell, notes) for cell in column.cells] for column in table.columns]
    align = ["right" if column.number else "left" for column in table.columns]
    return _written(headings, list(zip(*columns, strict=True)), align)


def pages(tables: Sequence[Table]) -> str:
    """Each table below its title, and the notes of all at the end."""
    notes = Footnotes()
    blocks = [block for table in tables for block in (f"## {table.title}", to_markdown(table, notes))]
    return "\n\n".join([*blocks, *(["\n".join(notes.lines())] if notes.texts else [])]) + "\n"


def _written(headings: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[str]) -> str:
    return tabulate(rows, headings, tablefmt="pipe", colalign=align, disable_numparse=True)


def _cell(cell: Cell, notes: Footnotes) -> str:
    if cell.links:
        return ", ".join(f"[{label}]({quote(path)})" for label, path in cell.links.items())
    text = _RANKS.get(cell.rank, "{}").format(cell.text.replace("|", "\\|"))  # type: ignore[arg-type]
    return f"{text}{_marks(cell.notes, notes)} {cell.behind}".rstrip()


def _marks(texts: Sequence[str], notes: Footnotes) -> str:
    return "".join(map(notes.mark, texts))
