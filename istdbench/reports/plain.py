"""Tables in plain text, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from shutil import get_terminal_size

from tabulate import tabulate


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Collection[str] = (),
    title: str = "",
    caption: str = "",
) -> str:
    """A table no wider than the terminal, as far as its words allow: the widest columns are wrapped between words.

    Args:
        numbers: headings of the columns of numbers, which are aligned at the right.

    >>> print(table(["method", "IoU"], [["tophat", "0.2515"]], numbers=["IoU"]))
    method     IoU
    ------  ------
    tophat  0.2515
    """
    lines = [list(headings), *([str(cell) for cell in row] for row in rows)]
    widths = _widths(list(zip(*lines, strict=True)))
    lines.insert(1, ["-" * width for width in widths])
    align = ["right" if heading in numbers else "left" for heading in headings]
    text = tabulate(lines, tablefmt="plain", colalign=align, maxcolwidths=widths, disable_numparse=True)
    return "\n".join(filter(None, [title, text, caption]))


def _widths(columns: Sequence[Sequence[str]]) -> list[int]:
    """Letters of a line in each column: of the widest no more than fit the terminal, of none less than a word has."""
    room = get_terminal_size().columns - 2 * (len(columns) - 1)
    whole = [max(map(len, column)) for column in columns]
    words = [max((len(word) for cell in column for word in cell.split()), default=1) for column in columns]
    for limit in range(max(whole), 0, -1):
        widths = [min(most, max(least, limit)) for most, least in zip(whole, words, strict=True)]
        if sum(widths) <= room:
            return widths
    return words
