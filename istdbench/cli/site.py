"""`istdbench site`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, say_kept
from istdbench.errors import UsageError
from istdbench.registry import METRICS
from istdbench.spec import parse_spec


def site(
    out: Annotated[
        Path, typer.Option(help="Folder to write; an older site there is replaced.", callback=options.writable_folder)
    ] = Path("site"),
    leaderboards: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of the leaderboards.")] = options.OUT,
    maps: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Show images with the score maps that `run --maps` kept in this folder."),
    ] = None,
    private: Annotated[
        bool,
        typer.Option("--private", help="Also images that nothing lets you publish; keep such a site to yourself."),
    ] = False,
    demo: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="Let readers run a network on their own images, in their browsers."),
    ] = None,
    demo_weights: Annotated[
        str,
        typer.Option(metavar="FILE|DATASET", help="Weights of --demo: a file, or what they were trained on."),
    ] = "nuaa",
    documents: Annotated[
        str, typer.Option(metavar="PATH", help="Lead there from every page: docs/index.html, from the site's folder.")
    ] = "",
) -> None:
    """Write the leaderboards as static web pages, which need no server and no network.

    Example: istdbench site --out site
    """
    from istdbench.reports.writing import damage
    from istdbench.site.building import build
    from istdbench.site.demo import demo as demo_of
    from istdbench.site.sections import SECTIONS
    from istdbench.site.source import Source
    from istdbench.site.viewer import viewer

    if not leaderboards.is_dir():
        raise UsageError(f"--leaderboards {leaderboards}: no such folder; `istdbench run` makes one")
    if private and maps is None:
        raise UsageError("--private goes with --maps, the score maps of the images that it shows")
    sections = [*SECTIONS]
    if maps is not None:
        sections.append(viewer(maps, private=private, track=bar))
    if demo is not None:
        sections.append(demo_of(parse_spec(demo), demo_weights))
    source = Source(leaderboards, METRICS.all())
    say_kept(build(source, sections, out, bar, documents=documents))
    if any(damage(shelf.folder) for shelf in source.shelves):  # of which each was told when it was left out
        raise typer.Exit(FAILED)
