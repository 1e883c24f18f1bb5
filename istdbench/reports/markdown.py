"""Tables in Markdown, and the one place where a text of others becomes Markdown that shows it and obeys nothing in it.

The rules are CommonMark's (https://spec.commonmark.org/0.31.2/#backslash-escapes) and those of GitHub's tables,
strikes, formulas and footnotes. A letter is escaped only where it means something, so that `mim_istd` stays as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from tabulate import tabulate

from istdbench.reports.footnotes import Footnotes
from istdbench.reports.table import Cell, Table
from istdbench.reports.visible import visible

_ANYWHERE = r"[\\`*\[\]<>&|~$@]"
_UNDERSCORE = r"(?<![^\W_])_|_(?![^\W_])"
"""One that does not stand within a word."""
_ADDRESS = r":(?=//)|(?<=www)\."
"""What GitHub makes a link of, bracket or not."""
_ENDS = r"\A[-+=](?!\d)|\A#|#(?=#* *\Z)"
"""What begins an item of a list or a heading, underlines or ends one; the sign of a number does nothing."""
_NUMBERED = re.compile(r"\A(\d+)(?=[.)](\s|\Z))")
_SPECIAL = re.compile("|".join((_ANYWHERE, _UNDERSCORE, _ADDRESS, _ENDS)))

_RANKS = {0: "**{}**", 1: "<u>{}</u>"}


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line.

    >>> print(escaped("mim_istd <b> *bold* [a](b)"))
    mim_istd \\<b\\> \\*bold\\* \\[a\\](b)
    """
    return _NUMBERED.sub(r"\1\\", _SPECIAL.sub(r"\\\g<0>", visible(text).lstrip(" ")))


def code(text: str) -> str:
    """A text as code: between more backticks than it holds in a row.

    >>> print(code("a`b"), code("plain"))
    `` a`b `` `plain`
    """
    shown = visible(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    spaced = shown.strip(" ") and shown[0] + shown[-1] == "  "
    apart = " " if "`" in shown or spaced else ""
    return f"{fence}{apart}{shown}{apart}{fence}"


def link(text: str, path: str) -> str:
    """A text that leads to a file, by its path from the page."""
    return f"[{escaped(text)}]({quote(path)})"


def notes_below(notes: Footnotes) -> str:
    """The notes of a page, a line each."""
    return "\n".join(f"[^{number}]: {escaped(text)}" for number, text in enumerate(notes.texts, start=1))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: slice = slice(0)) -> str:
    """A table of cells that are Markdown already.

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


def folded(summary: str, *blocks: str) -> str:
    """Blocks of Markdown below a line that opens them, on sites that allow HTML; elsewhere they stand open."""
    # only after an empty line is what stands between the tags read as Markdown
    return "\n\n".join([f"<details>\n<summary>{html.escape(visible(summary))}</summary>", *blocks, "</details>"])


def to_markdown(table: Table, notes: Footnotes, *, narrow: bool = False) -> str:
    """The rows of a table, the best of a column bold, the second underlined.

    Args:
        notes: of the page, which get those of the table, column by column.
        narrow: whether what stands behind a text, such as an interval, stands below it in small print.
    """
    headings = [escaped(column.heading) + _marks(column.notes, notes) for column in table.columns]
    columns = [[_cell(cell, notes, narrow) for cell in column.cells] for column in table.columns]
    align = ["right" if column.number else "left" for column in table.columns]
    return _written(headings, list(zip(*columns, strict=True)), align)


def pages(tables: Sequence[Table]) -> str:
    """Each table below its title, and the notes of all at the end."""
    notes = Footnotes()
    blocks = [block for table in tables for block in (f"## {escaped(table.title)}", to_markdown(table, notes))]
    return "\n\n".join([*blocks, *([notes_below(notes)] if notes.texts else [])]) + "\n"


def _written(headings: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[str]) -> str:
    return tabulate(rows, headings, tablefmt="pipe", colalign=align, disable_numparse=True)


def _cell(cell: Cell, notes: Footnotes, narrow: bool) -> str:
    if cell.links:
        return ", ".join(link(label, path) for label, path in cell.links.items())
    shown = code(cell.text) if cell.code else escaped(cell.text)
    text = _RANKS.get(cell.rank, "{}").format(shown)  # type: ignore[arg-type]
    text += _marks(cell.notes, notes)
    if narrow and cell.behind:
        return f"{text}<br><sub>{escaped(cell.behind)}</sub>"
    return f"{text} {cell.behind}".rstrip()  # an interval, whose brackets lead nowhere


def _marks(texts: Sequence[str], notes: Footnotes) -> str:
    return "".join(map(notes.mark, texts))
