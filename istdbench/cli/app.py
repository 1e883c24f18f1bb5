"""The `istdbench` command."""

from __future__ import annotations

import typer

from istdbench.cli.verbs import Verbs

app = typer.Typer(cls=Verbs, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback()
def istdbench() -> None:
    """The open benchmark for infrared small target detection."""
