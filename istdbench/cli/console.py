"""What the verbs share: the terminal, progress bars, errors as exit codes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.progress import track
from typer.core import TyperGroup

from istdbench.engine.progress import length
from istdbench.errors import IstdbenchError, UsageError

out = Console()
err = Console(stderr=True)
Item = TypeVar("Item")

FAILED, WRONG_USAGE = 1, 2


class Verbs(TyperGroup):
    """Turns errors that a user can mend into one line and an exit code: 1 for a failed run, 2 for wrong usage.

    Python's warnings become a line each too.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = say_warning
                return super().invoke(ctx)
        except UsageError as error:
            say_error(str(error))
            raise typer.Exit(WRONG_USAGE) from error
        except IstdbenchError as error:
            say_error(str(error))
            raise typer.Exit(FAILED) from error
        except KeyboardInterrupt as error:
            say_error("stopped by you; what was finished is kept, and the same command goes on from there")
            raise typer.Exit(FAILED) from error


def say_error(text: str) -> None:
    """One error on standard error, as it is, unbroken."""
    err.print(f"error: {text}", style="red", markup=False, highlight=False, soft_wrap=True)


def say_errors(errors: Sequence[str]) -> None:
    """Errors of a verb that went on after each; where there are any it ends as failed."""
    for error in errors:
        say_error(error)
    if errors:
        raise typer.Exit(FAILED)


def say_warning(message: Warning | str, *where: Any, **more: Any) -> None:
    """One warning on standard error, as it is, unbroken; the place in the code that gave it is left out."""
    err.print(f"warning: {message}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def bar(items: Iterable[Item], title: str) -> Iterable[Item]:
    """A progress bar on standard error that vanishes when done; none where no person watches."""
    return track(items, title, total=length(items), console=err, transient=True, disable=not err.is_terminal)


def print_json(value: Any) -> None:
    """One JSON document on standard output; NaN is null."""
    typer.echo(json.dumps(value, indent=2, allow_nan=False))
