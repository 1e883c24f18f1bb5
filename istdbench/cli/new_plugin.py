"""`istdbench new-plugin`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli.console import out
from istdbench.plugins.new_plugin import Kind


def new_plugin(
    name: Annotated[str, typer.Argument(help="Name of the method: lower-case letters, digits and underscores.")],
    kind: Annotated[Kind, typer.Option(help="What the method is.")] = Kind.network,
    folder: Annotated[Path, typer.Option(help="Where the package's own folder goes.")] = Path(),
) -> None:
    """Write a package with a method of your own to begin with: it installs, has a test, and passes `check`.

    Example: [bold]istdbench new-plugin my_method[/bold]
    """
    from istdbench.plugins.new_plugin import new_plugin as write

    path = write(name, folder, kind)
    out.print(str(path), markup=False, highlight=False, soft_wrap=True)
    out.print(
        f'next: pip install -e "{path}[test]" && istdbench check {path.name}',
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
