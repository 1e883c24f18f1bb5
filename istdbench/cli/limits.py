"""`istdbench limits`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import bar, out, print_json
from istdbench.spec import parse_spec, parse_specs


def limits(
    methods: options.Methods,
    dataset: Annotated[str, typer.Option(help="synth, with options other than scr and sigma.")] = "synth",
    scr: Annotated[str, typer.Option(help="Contrasts of the targets: peak over local deviation.")] = "1,2,3,4,6,8",
    sigma: Annotated[str, typer.Option(help="Sizes of the targets: their spots' deviation, pixels.")] = "0.7,1.5,3",
    fa: Annotated[float, typer.Option(help="False-alarm rate, a fraction, set on validation images.")] = 1e-5,
    protocol: options.Protocol = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves into this .png or .svg file.")] = None,
    device: options.Device = "cpu",
    as_json: options.AsJson = False,
) -> None:
    """How dim and how small a target may be: Pd on synth over contrast and size, at a fixed false-alarm rate.

    Example: [bold]istdbench limits --methods mpcm,tophat --plot limits.svg[/bold]
    """
    from istdbench.engine.limits import detection_limits
    from istdbench.reports.figures import form_of
    from istdbench.reports.limits_plot import plot as draw

    if plot is not None:
        form_of(plot)  # a wrong ending is said before anything is measured
    points = [
        point
        for method in parse_specs(methods)
        for point in detection_limits(
            method,
            parse_spec(dataset),
            options.numbers("--scr", scr, float),
            options.numbers("--sigma", sigma, float),
            fa=fa,
            protocol=protocol,
            device=device,
            track=bar,
        )
    ]
    if plot is not None:
        draw(points, fa, plot)
    if as_json:
        print_json([asdict(point) for point in points])
        return
    table = Table(title=f"Pd on {dataset} at Fa {fa:g}", title_justify="left")
    for column in ("method", "sigma", "scr", "Pd", "targets", "Fa on test"):
        table.add_column(column, justify="left" if column == "method" else "right")
    for point in points:
        cells = (f"{point.sigma:g}", f"{point.scr:g}", f"{point.pd:.3f}", str(point.targets), f"{point.fa:.2e}")
        table.add_row(point.method, *cells)
    out.print(table)
