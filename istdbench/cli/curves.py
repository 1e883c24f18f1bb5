"""`istdbench curves`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, print_json, say, say_aside, show_table
from istdbench.lazy import pandas as pd
from istdbench.spec import parse_spec


def curves(
    source: options.Source,
    dataset: options.SourceDataset = None,
    split: options.SourceSplit = None,
    part: options.SourcePart = None,
    scale: options.Scale = None,
    resize: options.ResizeMaps = None,
    weights: options.RecordWeights = None,
    maps: options.Maps = None,
    records: options.Records = options.RECORDS,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write every curve and table into this folder.", callback=options.writable_folder),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the curves into this .png or .svg file.", callback=options.writable_file),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Pd-Fa, ROC and precision-recall over every distinct score, and Pd and IoU by size, contrast and crowding.

    Breakdowns are at the threshold of a record's protocol; those of a folder at 0.5.

    Example: istdbench curves my_maps --dataset nuaa --csv curves
    """
    from istdbench.reports import figures
    from istdbench.runs.map_sources import open_source
    from istdbench.scoring.reading import Reading

    if plot is not None:
        figures.form_of(plot)  # a wrong ending is said before anything is predicted
    data = None if dataset is None else parse_spec(dataset)
    reading = Reading(scale, resize)
    given = open_source(source, records, data, split, part, weights=weights, maps=maps, reading=reading)

    from istdbench.metrics.analysis import Analysis
    from istdbench.metrics.breakdown import BREAKDOWNS
    from istdbench.reports import curve_tables
    from istdbench.scoring.collectors import CurveCollector, FindingCollector

    drawn, findings = CurveCollector(), FindingCollector(given.threshold)
    given.show(drawn, findings, track=bar, title="curves")
    analysis = Analysis(drawn.curves, findings.by_name)
    for path in curve_tables.write_csv(analysis, given.threshold, csv) if csv is not None else []:
        say_aside(f"table: {path}")
    if plot is not None:
        from istdbench.reports.html import plots

        with figures.style():
            figures.write(plots.curves({given.title: analysis}, given.threshold), plot)
        say_aside(f"plot: {plot}")
    if as_json:
        found = curve_tables.tables(analysis, given.threshold)
        shown = [name for name in found if name not in ("roc", "precision_recall")]
        print_json({name: found[name].to_dict("records") for name in shown})
        return
    say(f"{given.title} on {given.dataset.name}, {given.split} {given.part}: {len(given.names)} images\n")
    _show(curve_tables.values(analysis.curves).reset_index())
    say(f"Where a score is greater than {given.threshold:g}:\n")
    for by in BREAKDOWNS:
        _show(curve_tables.readable(analysis, by), title=by.title, caption=by.definition)


def _show(frame: pd.DataFrame, **around: Any) -> None:
    headings = [str(column) for column in frame]
    numbers = [column for column in headings if frame[column].dtype.kind in "if"]
    rows = [list(map(_cell, row)) for row in frame.itertuples(index=False)]
    show_table(headings, rows, numbers=numbers, **around)


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return "–" if math.isnan(value) else f"{value:.4f}"
