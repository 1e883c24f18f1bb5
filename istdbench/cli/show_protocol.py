"""`istdbench protocol`."""

from __future__ import annotations

from typing import Annotated

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import say


def protocol(
    name: Annotated[
        str,
        typer.Argument(
            help="Protocol name, .toml file, or .py file, which is run; fields may be set behind it.",
            callback=options.protocol_of,
            autocompletion=completion.protocols,
        ),
    ],
) -> None:
    """Print a protocol as TOML, with every field that makes its numbers.

    As a file, `--protocol mine.toml`, it is the same protocol with the same hash, and runs nothing.

    Example: istdbench protocol native:training.epochs=5 > mine.toml
    """
    from istdbench.protocols.as_toml import as_toml

    say(as_toml(name))
