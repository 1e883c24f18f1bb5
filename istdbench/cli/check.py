"""`istdbench check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import FAILED, bar, print_json, say_error, show_table

if TYPE_CHECKING:
    from istdbench.conformance import Result


def check(
    target: Annotated[
        str,
        typer.Argument(
            metavar="METHOD|PACKAGE",
            help="A method, or a package that brings some.",
            autocompletion=completion.methods,
        ),
    ],
    as_json: options.AsJson = False,
) -> None:
    """Check that a method, or every method of an installed package, keeps the contract.

    Exit code 1 where it does not. The built-in methods are those of the package istdbench.

    Example: istdbench check tophat, istdbench check istdbench-mine
    """
    from istdbench.conformance import all_cases

    results = [case.result() for case in bar(all_cases(target), f"check {target}")]
    failed = [result for result in results if result.verdict == "fail"]
    if as_json:
        print_json(results)
    else:
        _show(results)
        for result in failed:
            say_error(f"{result.of}, {result.check}: {result.why}")
    if failed:
        raise typer.Exit(FAILED)


def _show(results: list[Result]) -> None:
    """A row a check, a column a method or package; "-" where the promise is not one of such a method."""
    subjects = list(dict.fromkeys(result.of for result in results))
    cells = {(result.check, result.of): result.verdict.replace("not applicable", "-") for result in results}
    checks = dict.fromkeys(result.check for result in results)
    rows = [[check, *(cells.get((check, subject), "") for subject in subjects)] for check in checks]
    show_table(["check", *subjects], rows)
