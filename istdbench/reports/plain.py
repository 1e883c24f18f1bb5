"""Tables in plain text, as a terminal shows them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from shutil import get_terminal_size
from textwrap import fill, shorten

from tabulate import tabulate

from istdbench.reports.footnotes import Footnotes
from istdbench.reports.table import Table
from istdbench.reports.visible import visible

GAP = 2
LEAST = 12
"""Letters that a column of words keeps when it is wrapped: narrower ones cannot be read."""
GLUE = "\u00a0"
KEPT = 2
"""Columns that are always shown: a name and one thing about it."""


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Collection[str] = (),
    title: str = "",
    caption: str = "",
) -> str:
    """A table no wider than the terminal: the widest columns are wrapped between words, then the last ones left out.

    It says which were left out. Where no terminal shows it, all columns stand there as wide as they are.

    Args:
        numbers: headings of the columns of numbers, which are aligned at the right.

    >>> print(table(["method", "IoU"], [["tophat", "0.2515"]], numbers=["IoU"]))
    method     IoU
    ------  ------
    tophat  0.2515
    """
    lines = [[_glued(cell) for cell in line] for line in (headings, *rows)]
    columns, words = list(zip(*lines, strict=True)), [heading not in numbers for heading in headings]
    widths = _widths(columns, words, terminal_width())
    shown = [list(map(_filled, line, widths)) for line in lines]
    shown.insert(1, ["-" * width for width in widths])
    align = ["left" if word else "right" for word in words[: len(widths)]]
    text = tabulate(shown, tablefmt="plain", colalign=align, disable_numparse=True)
    hidden = ", ".join(headings[len(widths) :])
    left_out = f"not shown: {hidden}; widen the terminal, or pipe the output" if hidden else ""
    return "\n".join(filter(None, [title, text.replace(GLUE, " "), left_out, caption]))


def to_plain(shown: Table, notes: Footnotes) -> str:
    """The rows of a table as a terminal shows them.

    Args:
        notes: get those of the table, column by column.
    """
    columns = [
        ["".join([cell.text, *map(notes.mark, cell.notes), f" {cell.behind}"]).rstrip() for cell in column.cells]
        for column in shown.columns
    ]
    headings = ["".join([column.heading, *map(notes.mark, column.notes)]) for column in shown.columns]
    numbers = [heading for heading, column in zip(headings, shown.columns, strict=True) if column.number]
    return table(headings, list(zip(*columns, strict=True)), numbers=numbers, title=visible(shown.title))


def groups(of: Mapping[str, Iterable[tuple[str, str]]]) -> str:
    """Names and what each is, one line each, under the heading of each group.

    On a terminal a text that is too long ends at a word, in an ellipsis, which is said below. Where no terminal shows
    it, all of it stands there.

    >>> print(groups({"classical": [("tophat", "white top-hat"), ("ipi", "patch-image model")]}))
    classical
      tophat  white top-hat
      ipi     patch-image model
    """
    shown = {visible(group): [(visible(name), visible(text)) for name, text in rows] for group, rows in of.items()}
    indent, names = " " * GAP, max((len(name) for rows in shown.values() for name, _ in rows), default=0)
    room = terminal_width()
    texts, cut = [], False
    for group, rows in shown.items():
        lines = [group]
        for name, text in rows:
            left = len(text) if room is None else max(LEAST, room - names - 2 * GAP)
            short = shorten(text, left, placeholder="…", break_on_hyphens=False)
            lines.append(f"{indent}{name:{names}}{indent}{short}")
            cut = cut or len(text) > left
        texts.append("\n".join(lines))
    return "\n\n".join([*texts, *(["… cut short; widen the terminal, or pipe the output"] if cut else [])])


def terminal_width() -> int | None:
    """Letters of a line of the terminal that standard output goes to; None where it goes elsewhere."""
    return get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def _glued(cell: object) -> str:
    """The text of a cell; a number and its deviation are one word."""
    return visible(str(cell)).replace(" ± ", f"{GLUE}±{GLUE}")


def _filled(cell: str, width: int) -> str:
    """The text of a cell in lines no longer than its longest word or a width, whichever is more."""
    return fill(cell, width, break_long_words=False)


def _widths(columns: Sequence[Sequence[str]], words: Sequence[bool], room: int | None) -> list[int]:
    """Letters of a line in each column that is shown: the first ones, as many as there is room for."""
    whole = [max(map(len, column)) for column in columns]
    if room is None:
        return whole
    least = list(map(_least, columns, words))
    for shown in range(len(columns), 0, -1):
        left = room - GAP * (shown - 1)
        if sum(least[:shown]) <= left or shown <= KEPT:
            return _wrapped(whole[:shown], least[:shown], left)
    return []


def _least(column: Sequence[str], of_words: bool) -> int:
    """Letters without which a column cannot be read: those of its longest word, and `LEAST` where there is more."""
    longest_word = max(len(word) for cell in column for word in cell.split(" "))
    return max(longest_word, min(LEAST, max(map(len, column)))) if of_words else longest_word


def _wrapped(whole: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths of which the widest are no more than fit the room, and none is less than it must be."""
    for limit in range(max(whole), 0, -1):
        widths = [min(most, max(few, limit)) for most, few in zip(whole, least, strict=True)]
        if sum(widths) <= room:
            return widths
    return list(least)
