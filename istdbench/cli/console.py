"""What the verbs share: how they print, where their progress is shown, exit codes.

What draws tables and bars is imported when it draws, so that a verb that prints a line starts quickly.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from istdbench.cli import streams
from istdbench.progress import Progress, State

if TYPE_CHECKING:
    from istdbench.reports.table import Table
    from istdbench.runs.run import Outcome

Item = TypeVar("Item")

FAILED, WRONG_USAGE, BUSY, OUTPUT_LOST = 1, 2, 3, 4
"""Exit codes. The last is of a verb that did what it should, but whose output could not be written."""


def group(help: str) -> typer.Typer:
    """A verb that has verbs of its own."""
    return typer.Typer(help=help, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def say(text: object) -> None:
    """One line on standard output, of what stands nowhere else: where it cannot be written the verb has failed."""
    streams.note_that_it_matters()
    typer.echo(text)


def say_kept(text: object) -> None:
    """One line on standard output, of what is kept in files: where it cannot be written nothing is lost."""
    typer.echo(text)


def say_aside(text: str) -> None:
    """One line on standard error: what was done, beside what was asked for."""
    typer.echo(text, err=True)


def say_error(text: str) -> None:
    """One error on standard error."""
    typer.secho(f"error: {text}", fg="red", err=True)


def say_errors(errors: Sequence[str]) -> None:
    """Errors of a verb that went on after each; where there are any it ends as failed."""
    for error in errors:
        say_error(error)
    if errors:
        raise typer.Exit(FAILED)


def tell(outcome: Outcome, if_recorded: str = "") -> None:
    """What became of a job, on standard error; `if_recorded` is added to one that was recorded before."""
    if outcome.state in ("busy", "failed"):
        say_error(f"{outcome.job}: {outcome.error}")
        typer.echo(outcome.traceback, err=True, nl=False)
    else:
        more = if_recorded if outcome.state == "recorded" else ""
        say_aside(f"{outcome.state}: {outcome.job}{more}")
    for note in outcome.notes:
        say_error(f"{outcome.job}: {note}")


def say_warning(message: Warning | str, *where: Any, **more: Any) -> None:
    """One warning on standard error; the place in the code that gave it is left out."""
    typer.secho(f"warning: {message}", fg="yellow", err=True)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, kept: bool = False, **how: Any) -> None:
    """One table on standard output, as `istdbench.reports.plain.table` makes it.

    Args:
        kept: what it tells of is kept in files, as in `say_kept`.
    """
    from istdbench.reports import plain

    (say_kept if kept else say)(plain.table(headings, rows, **how))


def show_groups(groups: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Names and what each is, by group, on standard output, as `istdbench.reports.plain.groups` makes them."""
    from istdbench.reports import plain

    say(plain.groups(groups))


def show(table: Table) -> None:
    """A table of records on standard output."""
    from istdbench.reports.footnotes import Footnotes
    from istdbench.reports.plain import to_plain

    notes = Footnotes()
    say("\n".join([to_plain(table, notes), *notes.lines()]))


def print_json(value: object) -> None:
    """One JSON document on standard output: dataclasses are objects; NaN and infinity, which JSON lacks, are null."""
    say(json.dumps(_plain(value), indent=2, allow_nan=False))


def bar(items: Iterable[Item], title: str, state: State | None = None) -> Iterable[Item]:
    """Progress on standard error: a bar that vanishes when done, or a line a minute where no terminal is."""
    from istdbench.cli import progress_bars

    if streams.is_watched(sys.stderr):
        return progress_bars.drawn(items, title, state)
    return progress_bars.told(items, title, state, say_aside)


@contextmanager
def counted_bar(title: str) -> Iterator[Progress | None]:
    """As `bar`, for work that tells how much of it is done; None where no person watches."""
    if not streams.is_watched(sys.stderr):
        yield None
        return
    from istdbench.cli import progress_bars

    with progress_bars.counted(title) as progress:
        yield progress


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
