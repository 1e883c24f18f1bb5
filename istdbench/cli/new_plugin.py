"""`istdbench new-plugin`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import say_kept
from istdbench.scaffold.new_plugin import Kind


def new_plugin(
    name: Annotated[str, typer.Argument(help="Name of the method: lower-case letters, digits and underscores.")],
    kind: Annotated[Kind, typer.Option(help="What the method is.")] = Kind.network,
    folder: Annotated[
        Path, typer.Option(help="Where the package's own folder goes.", callback=options.writable_folder)
    ] = Path(),
) -> None:
    """Write a package with a method of your own to begin with: it installs, has a test, and passes `check`.

    Example: istdbench new-plugin my_method
    """
    from istdbench.scaffold.new_plugin import new_plugin as write

    path = write(name, folder, kind)
    say_kept(path)
    say_kept(f'next: pip install -e "{path}[test]" && istdbench check {path.name}')
