"""`istdbench score`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, print_json, show_table
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

    Example: istdbench score my_maps --dataset nuaa --json
    """
    from istdbench.runs.map_sources import of_folder

    given = of_folder(folder, build_dataset(parse_spec(dataset)), split, part)

    from istdbench.scoring.image_counts import Counts, metric_values

    counts = Counts(threshold)
    given.show(counts, track=bar, title="score")
    values = metric_values(counts.by_name)
    if as_json:
        print_json(values)
        return
    rows = [
        (f"{entry.label} {entry.unit}".strip(), f"{values[entry.name] * entry.scale:.4f}") for entry in METRICS.all()
    ]
    title = f"{given.title} on {given.dataset.name}, {given.split} {given.part}: {len(given.names)} images"
    show_table(("metric", "value"), rows, numbers=("value",), title=title)
