"""`istdbench score`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import bar, out, print_json
from istdbench.registry import METRICS, build_dataset
from istdbench.spec import parse_spec


def score(
    folder: Annotated[Path, typer.Argument(metavar="PRED_DIR", help="Folder of NAME.png or NAME.npy score maps.")],
    dataset: options.OneDataset,
    split: Annotated[str | None, typer.Option(help="Named split.", show_default="the data set's own")] = None,
    part: Annotated[str, typer.Option(help="Part of the split.")] = "test",
    threshold: Annotated[float, typer.Option(help="A target is where the score is greater than this.")] = 0.5,
    as_json: options.AsJson = False,
) -> None:
    """Score a folder of score maps, whatever made them.

    Example: [bold]istdbench score my_maps --dataset nuaa --json[/bold]
    """
    from istdbench.engine.evaluate import count_images, metric_values
    from istdbench.engine.maps import stored_maps

    data = build_dataset(parse_spec(dataset))
    split = split or data.default_split
    names = data.names(split, part)
    values = metric_values(count_images(stored_maps(folder, names), data, bar(names, "score"), threshold))
    if as_json:
        print_json({name: None if math.isnan(value) else value for name, value in values.items()})
        return
    table = Table(title=f"{folder} on {data.name}, {split} {part}: {len(names)} images")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for entry in METRICS.all():
        table.add_row(f"{entry.label} {entry.unit}".strip(), f"{values[entry.name] * entry.scale:.4f}")
    out.print(table)
