"""`istdbench data fetch|check|path`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import FAILED, err, out, print_json, say_error
from istdbench.errors import UsageError
from istdbench.spec import parse_spec

app = typer.Typer(no_args_is_help=True, help="Download data sets, check them, find them.")
Name = Annotated[str, typer.Argument(help="Data set: nuaa, irstd1k, synth, folder:PATH.")]


@app.command()
def fetch(name: Name) -> None:
    """Download a data set and verify every file; goes on where it stopped.

    ISTDBENCH_MIRROR names a folder or URL to take the files from, ISTDBENCH_HOME where they go.

    Example: [bold]istdbench data fetch nuaa[/bold]
    """
    from istdbench.datasets import published
    from istdbench.registry import build_dataset

    with _counted(f"fetch {name}") as progress:
        folder = published.fetch(build_dataset(parse_spec(name)), progress)
    out.print(str(folder), markup=False, highlight=False, soft_wrap=True)


@app.command()
def check(name: Name, as_json: options.AsJson = False) -> None:
    """Examine a data set: counts, sizes, masks, duplicates, splits that leak into each other.

    Exit code 1 where something would make a run fail or its input wrong.

    Example: [bold]istdbench data check nuaa[/bold]
    """
    from istdbench.datasets import doctor
    from istdbench.registry import build_dataset

    with _counted(f"check {name}") as progress:
        report = doctor.check(build_dataset(parse_spec(name)), progress)
    if as_json:
        print_json(report.to_dict())
    else:
        table = Table("fact", "value", title=report.dataset)
        for key, value in report.to_dict().items():
            if key not in ("dataset", "faults", "warnings"):
                table.add_row(key, _short(value))
        out.print(table)
        for warning in report.warnings:
            out.print(f"warning: {warning}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    for fault in report.faults:
        say_error(fault)
    if not report.healthy:
        raise typer.Exit(FAILED)


@app.command()
def path(name: Name) -> None:
    """Print the folder of a data set.

    Example: [bold]istdbench data path nuaa[/bold]
    """
    from istdbench.registry import build_dataset

    folder = getattr(build_dataset(parse_spec(name)), "folder", None)
    if folder is None:
        raise UsageError(f"{name}: it is generated, there is no folder")
    out.print(str(folder), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _counted(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is told how many are done."""
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        shown = ", ".join(map(str, value[:3]))
        return f"{len(value)}: {shown}{', …' if len(value) > 3 else ''}" if value else "none"
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)
