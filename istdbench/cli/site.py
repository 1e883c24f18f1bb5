"""`istdbench site`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, say_kept
from istdbench.errors import UsageError
from istdbench.registry import METRICS


def site(
    out: Annotated[
        Path, typer.Option(help="Folder to write; an older site there is replaced.", callback=options.writable_folder)
    ] = Path("site"),
    leaderboards: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the leaderboards.")] = options.OUT,
    documents: Annotated[
        str, typer.Option(metavar="PATH", help="Lead there from every page: docs/index.html, from the site's folder.")
    ] = "",
) -> None:
    """Write the leaderboards as static web pages, which need no server and no network.

    Example: istdbench site --out site
    """
    from istdbench.reports.writing import damage
    from istdbench.site.building import build
    from istdbench.site.sections import SECTIONS
    from istdbench.site.source import Source

    if not leaderboards.is_dir():
        raise UsageError(f"--leaderboards {leaderboards}: no such folder; `istdbench run` makes one")
    source = Source(leaderboards, METRICS.all())
    say_kept(build(source, SECTIONS, out, bar, documents=documents))
    if any(damage(shelf.folder) for shelf in source.shelves):  # of which each was told when it was left out
        raise typer.Exit(FAILED)
