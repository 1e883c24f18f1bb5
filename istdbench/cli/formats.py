"""`--format`: tables of records for a paper or a program. `--json` is short for `--format json`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli.console import print_json, say
from istdbench.errors import UsageError

if TYPE_CHECKING:
    from istdbench.reports.table import Table

Format = StrEnum("Format", "latex csv md json")
AsFormat = Annotated[
    Format | None,
    typer.Option("--format", help="Print the tables so; --json is short for --format json.", show_default="for people"),
]


def chosen(form: Format | None, as_json: bool) -> Format | None:
    """The format that the two options name, None where they name none.

    Raises:
        UsageError: they name two.
    """
    if as_json and form not in (None, Format.json):
        raise UsageError(f"--json is short for --format json; leave out it or --format {form}")
    return Format.json if as_json else form


def print_tables(tables: Sequence[Table], form: Format) -> None:
    """Tables on standard output."""
    from istdbench.reports import latex, markdown, table_values

    if form is Format.json:
        print_json(table_values.to_json(tables))
        return
    write = {Format.latex: latex.to_latex, Format.csv: table_values.to_csv, Format.md: markdown.pages}[form]
    say(write(tables).rstrip("\n"))
