"""`istdbench report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, out, say_error


def report(
    records: Annotated[
        list[str] | None, typer.Argument(help="Records: their files, or parts of their names. Left out: all.")
    ] = None,
    page: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    plots: Annotated[Path | None, typer.Option(help="Also write each plot as PNG and SVG into this folder.")] = None,
    images: Annotated[int, typer.Option(min=0, help="Images shown of each board, worst first.")] = 8,
    maps: Annotated[
        Path | None, typer.Option(help="Folder of `run --maps`: read what is there, keep the rest.")
    ] = None,
    records_only: Annotated[
        bool, typer.Option("--records-only", help="No curves and pictures, so that nothing is predicted again.")
    ] = False,
    out_folder: options.Out = Path("leaderboards"),
) -> None:
    """Write one self-contained HTML page: leaderboards, costs, curves, breakdowns, images, provenance.

    Score maps are made again from the records, with the very weights they name.

    Example: [bold]istdbench report nuaa/cpu512/mim_istd nuaa/cpu512/mpcm --plots plots[/bold]
    """
    from istdbench.reports.html.report import write_report

    written, problems = write_report(
        records or [], out_folder, page, plots=plots, images=images, maps=maps, predict=not records_only, track=bar
    )
    for problem in problems:
        say_error(f"no curves and pictures of {problem}")
    for path in written:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
