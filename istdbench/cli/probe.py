"""`istdbench probe`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import bar, print_json, say_errors, show_table
from istdbench.errors import UsageError
from istdbench.registry import METHODS, PROBES
from istdbench.spec import parse_specs


def probe(
    methods: options.Methods,
    size: Annotated[int, typer.Option(help="Side of the square image in pixels.")] = 512,
    probes: Annotated[
        str, typer.Option(help="Probes, comma-separated; all.", autocompletion=completion.probes)
    ] = "all",
    sweep: Annotated[str | None, typer.Option(help="Latency and memory at these sides: 256,512,1024,2048.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the sweep into this .png or .svg file.", callback=options.writable_file)
    ] = None,
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Keep what is measured in this folder, and write its efficiency.md.",
            callback=options.writable_folder,
        ),
    ] = None,
    device: options.Device = "cpu",
    as_json: options.AsJson = False,
) -> None:
    """Measure what methods cost: parameters, FLOPs, latency, memory. No weights are needed.

    Example: istdbench probe --methods mim_istd,baseline --sweep 256,512,1024,2048 --plot sweep.png
    """
    if plot is not None and sweep is None:
        raise UsageError("--plot draws a sweep; add --sweep 256,512,1024,2048")
    if out_folder is not None and sweep is not None:
        raise UsageError("--out keeps the probes of one size; leave out --sweep, or --out")
    rows, errors = _sweep(methods, sweep, plot, device) if sweep else _probe(methods, size, probes, out_folder, device)
    if as_json:
        print_json(rows)
    else:
        _show(rows)
    say_errors(errors)


def _probe(
    methods: str, size: int, probes: str, out_folder: Path | None, device: str
) -> tuple[list[dict[str, Any]], list[str]]:
    from istdbench.reports.efficiency import EFFICIENCY
    from istdbench.results.cost import save_cost
    from istdbench.runs.probing import measure

    chosen = [PROBES.get(name) for name in (PROBES.names() if probes == "all" else probes.split(","))]
    rows: list[dict[str, Any]] = []
    errors: list[str] = []
    for spec in parse_specs(methods):
        record = measure(spec, chosen, (size, size), device, bar)
        if out_folder is not None:
            save_cost(record, out_folder)
        values = {name: value for probe in record.probes.values() for name, value in probe.items()}
        rows.append({"method": str(spec), **values, "size": size})
        errors += record.notes
    if out_folder is not None:
        EFFICIENCY.write([], [], out_folder)
    return rows, errors


def _sweep(methods: str, sweep: str, plot: Path | None, device: str) -> tuple[list[dict[str, Any]], list[str]]:
    from istdbench.probes.sizes import SizePoint, measure_sizes
    from istdbench.reports.sizes_plot import plot as draw

    sizes = options.numbers("--sweep", sweep, int)
    points: list[SizePoint] = []
    for spec in parse_specs(methods):
        method = METHODS.get(spec.name)
        points += bar(measure_sizes(method, method.resolve(spec.options), sizes, device), f"sweep {spec}")
    if plot is not None:
        draw(points, plot)
    return [asdict(point) for point in points], [error for point in points for error in point.errors]


def _show(rows: list[dict[str, Any]]) -> None:
    """Rows of one shape: one column a key, a nested table's keys spelt out."""
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(key for row in flat for key in row))
    numbers = [key for key in columns if all(isinstance(row.get(key), int | float) for row in flat)]
    show_table(columns, [[_text(row.get(key, "")) for key in columns] for row in flat], numbers=numbers)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{key} {inner}": item for inner, item in value.items()}
        elif key != "errors":
            flat[key] = value
    return flat


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
