"""`istdbench limits`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, print_json, show_table
from istdbench.spec import parse_spec, parse_specs

if TYPE_CHECKING:
    from istdbench.results.limit_point import LimitPoint


def limits(
    methods: options.Methods,
    dataset: Annotated[str, typer.Option(help="synth, with options other than scr and sigma.")] = "synth",
    scr: Annotated[str, typer.Option(help="Contrasts of the targets: peak over local deviation.")] = "1,2,3,4,6,8",
    sigma: Annotated[str, typer.Option(help="Sizes of the targets: their spots' deviation, pixels.")] = "0.7,1.5,3",
    fa: Annotated[float, typer.Option(help="False-alarm rate, a fraction, set on validation images.")] = 1e-5,
    protocol: options.Protocol = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the curves into this .png or .svg file.", callback=options.writable_file)
    ] = None,
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Keep what is measured in this folder, for `istdbench site`.",
            callback=options.writable_folder,
        ),
    ] = None,
    device: options.Device = "cpu",
    as_json: options.AsJson = False,
) -> None:
    """How dim and how small a target may be: Pd on synth over contrast and size, at a fixed false-alarm rate.

    Example: istdbench limits --methods mpcm,tophat --plot limits.svg
    """
    from istdbench.reports.figures import form_of
    from istdbench.reports.limits_plot import plot as draw
    from istdbench.results.limit_record import save_limits
    from istdbench.runs.limits import detection_limits, limit_record

    if plot is not None:
        form_of(plot)  # a wrong ending is said before anything is measured
    points: list[LimitPoint] = []
    scrs, sigmas = options.numbers("--scr", scr, float), options.numbers("--sigma", sigma, float)
    for method in parse_specs(methods):
        how: dict[str, Any] = {"fa": fa, "protocol": protocol, "device": device}
        found = list(detection_limits(method, parse_spec(dataset), scrs, sigmas, **how, track=bar))
        if out_folder is not None:
            save_limits(limit_record(found, method, parse_spec(dataset), **how), out_folder)
        points += found
    if plot is not None:
        draw(points, fa, plot)
    if as_json:
        print_json(points)
        return
    headings = ("method", "sigma", "scr", "Pd", "targets", "Fa on test")
    rows = [(p.method, f"{p.sigma:g}", f"{p.scr:g}", f"{p.pd:.3f}", p.targets, f"{p.fa:.2e}") for p in points]
    show_table(headings, rows, numbers=headings[1:], title=f"Pd on {dataset} at Fa {fa:g}")
