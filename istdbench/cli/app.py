"""The `istdbench` command."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Annotated

import typer

from istdbench.cli.console import say
from istdbench.cli.verbs import Verbs

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:
    if asked:
        say(f"istdbench {version_of('istdbench')}")
        raise typer.Exit


@app.callback()
def istdbench(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """The open benchmark for infrared small target detection."""
