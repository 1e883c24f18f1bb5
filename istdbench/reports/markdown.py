"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabulate import tabulate


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
    return tabulate(rows, headings, tablefmt="pipe", colalign=align, disable_numparse=True)


def table_of_columns(columns: Mapping[str, Sequence[str]], numbers: slice = slice(0)) -> str:
    """As `table`, of columns by their headings."""
    return table(list(columns), list(zip(*columns.values(), strict=True)), numbers)
