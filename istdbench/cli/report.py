"""`istdbench report`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import FAILED, bar, say_error, say_kept
from istdbench.registry import METRICS
from istdbench.reports.html.evidence import Gather


def report(
    records: Annotated[
        list[str] | None,
        typer.Argument(
            help="Records: their files, or parts of their names. Left out: all.", autocompletion=completion.records
        ),
    ] = None,
    page: Annotated[Path, typer.Option(help="The HTML file to write.", callback=options.writable_file)] = Path(
        "report.html"
    ),
    plots: Annotated[
        Path | None,
        typer.Option(help="Also write each plot as PNG and SVG into this folder.", callback=options.writable_folder),
    ] = None,
    images: Annotated[int, typer.Option(min=0, help="Images shown of each board, worst first.")] = 8,
    maps: options.Maps = None,
    records_only: Annotated[
        bool, typer.Option("--records-only", help="No curves and pictures, so that nothing is predicted again.")
    ] = False,
    out_folder: options.Out = options.OUT,
) -> None:
    """Write one self-contained HTML page: leaderboards, costs, curves, breakdowns, images, provenance.

    Score maps are made again from the records, with the very weights they name.

    Example: istdbench report nuaa/cpu512/mim_istd nuaa/cpu512/mpcm --plots plots
    """
    from istdbench.results import RECORDS, look_up

    found = [look_up(text, out_folder / RECORDS) for text in records or ()]
    look: Gather | None = None
    if not records_only:
        from istdbench.runs.gather import gather

        look = partial(gather, maps=maps, track=bar)

    from istdbench.reports.html.report import write_report
    from istdbench.reports.writing import damage

    written, problems = write_report(found, METRICS.all(), out_folder, page, gather=look, plots=plots, images=images)
    for problem in problems:
        say_error(f"no curves and pictures of {problem}")
    for path in written:
        say_kept(path)
    if not found and damage(out_folder):  # of which each was told when it was left out
        raise typer.Exit(FAILED)
