"""`istdbench check`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, out, print_json, say_error

if TYPE_CHECKING:
    from istdbench.conformance import Result

CELLS = {"pass": "[green]pass[/]", "fail": "[bold red]fail[/]", "not applicable": "[dim]-[/]"}


def check(
    target: Annotated[str, typer.Argument(metavar="METHOD|PACKAGE", help="A method, or a package that brings some.")],
    as_json: options.AsJson = False,
) -> None:
    """Check that a method, or every method of an installed package, keeps the contract.

    Exit code 1 where it does not. The built-in methods are those of the package istdbench.

    Example: [bold]istdbench check tophat[/bold], [bold]istdbench check istdbench-mine[/bold]
    """
    from istdbench.conformance import all_cases

    results = [case.result() for case in bar(all_cases(target), f"check {target}")]
    failed = [result for result in results if result.verdict == "fail"]
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        out.print(_table(results))
        for result in failed:
            say_error(f"{result.of}, {result.check}: {result.why}")
    if failed:
        raise typer.Exit(FAILED)


def _table(results: list[Result]) -> Table:
    """A row a check, a column a method or package; "-" where the promise is not one of such a method."""
    subjects = list(dict.fromkeys(result.of for result in results))
    verdicts = {(result.check, result.of): result.verdict for result in results}
    table = Table(Column("check", no_wrap=True), *(Column(subject, overflow="fold") for subject in subjects))
    for name in dict.fromkeys(result.check for result in results):
        found = [verdicts.get((name, subject)) for subject in subjects]
        table.add_row(name, *(CELLS[verdict] if verdict else "" for verdict in found))
    return table
