"""Tables in LaTeX, for a paper: booktabs, the best of a column bold, the second underlined, notes below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from istdbench.reports.footnotes import Footnotes
from istdbench.reports.table import Cell, Column, Table, Value
from istdbench.reports.visible import visible

HEAD = "% \\usepackage{booktabs} is needed; written by `istdbench`."

_LETTERS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "–": r"\textendash{}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\to$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
}
_POWER = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_RANKS = {0: r"\textbf{%s}", 1: r"\underline{%s}"}


def to_latex(tables: Sequence[Table]) -> str:
    """Each table as an environment `table`, with what its numbers depend on in comments before it.

    Columns that are not brief are left out.
    """
    return "\n\n".join([HEAD, *map(_environment, tables)]) + "\n"


def escaped(text: str) -> str:
    """A text that LaTeX prints as it is.

    >>> print(escaped("Fa ×10⁻⁶ ↓ of a_b & 5 %"))
    Fa $\\times$10$^{-6}$ $\\downarrow$ of a\\_b \\& 5 \\%
    """
    letters = "".join(_LETTERS.get(letter, letter) for letter in visible(text))
    letters = re.sub(r"([-',])(?=\1)", r"\1{}", letters)  # two of these would become a dash or a quotation mark
    return _POWER.sub(lambda found: f"$^{{{found[0].translate(_DIGITS)}}}$", letters)


def _environment(table: Table) -> str:
    columns, notes = [column for column in table.columns if column.brief], Footnotes()
    headings = [escaped(column.heading) + _marks(column.notes, notes) for column in columns]
    rows = list(zip(*([_cell(column, cell, notes) for cell in column.cells] for column in columns), strict=True))
    lines = [
        *_comments(table),
        r"\begin{table}",
        r"  \centering",
        rf"  \caption{{{escaped(table.title)}}}",
        rf"  \begin{{tabular}}{{{''.join('r' if column.number else 'l' for column in columns)}}}",
        r"    \toprule",
        f"    {_row(headings)}",
        r"    \midrule",
        *(f"    {_row(row)}" for row in rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        *(rf"  \par{{\footnotesize $^{{{number}}}$ {escaped(text)}}}" for number, text in enumerate(notes.texts, 1)),
        r"\end{table}",
    ]
    return "\n".join(lines)


def _comments(table: Table) -> Iterator[str]:
    yield f"% {_line(table.title)}"
    yield "% " + ", ".join(f"{name}: {_line(value)}" for name, value in table.facts.items() if value is not None)
    yield from (f"% record: {_line(record)}" for record in table.records)


def _line(value: Value) -> str:
    """On one line, whatever it is: a comment ends with its line."""
    return visible(" ".join(str(value).split()))


def _row(texts: Sequence[str]) -> str:
    """With braces before what would be an argument of the end of the row above."""
    return f"{'{}' * texts[0].startswith(('[', '*'))}{' & '.join(texts)} \\\\"


def _cell(column: Column, cell: Cell, notes: Footnotes) -> str:
    text, behind = map(_signed if column.number else escaped, (cell.text, cell.behind))
    text = _RANKS.get(cell.rank, "%s") % text  # type: ignore[arg-type]
    small = rf" {{\scriptsize {behind}}}" if behind else ""
    return f"{text}{_marks(cell.notes, notes)}{small}"


def _marks(texts: Sequence[str], notes: Footnotes) -> str:
    return f"$^{{{','.join(str(notes.number(text)) for text in texts)}}}$" if texts else ""


def _signed(text: str) -> str:
    """A text of numbers, with minus signs in place of hyphens."""
    return re.sub(r"(?<![\w.])-(?=\d)", "$-$", escaped(text))
