"""`istdbench curves`."""

from __future__ import annotations

import math
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import bar, err, out, print_json
from istdbench.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def curves(
    source: Annotated[
        Path, typer.Argument(metavar="PRED_DIR|RECORD", help="Folder of score maps, or a record's .json.")
    ],
    dataset: Annotated[str | None, typer.Option(help="Data set of the folder; a record names its own.")] = None,
    split: Annotated[str | None, typer.Option(help="Named split.", show_default="the data set's own")] = None,
    part: Annotated[str | None, typer.Option(help="Part of the split.", show_default="test")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights file of a record.", show_default="found")] = None,
    maps: Annotated[
        Path | None, typer.Option(help="Folder of `run --maps`: read what is there, keep the rest.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write every curve and table into this folder.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Pd-Fa, ROC and precision-recall over every distinct score, and Pd and IoU by size, contrast and crowding.

    Breakdowns are at a score of 0.5.

    Example: [bold]istdbench curves my_maps --dataset nuaa --csv curves[/bold]
    """
    from istdbench.audit.source import from_folder, from_record
    from istdbench.engine.analyse import analyse
    from istdbench.metrics.breakdown import BREAKDOWNS
    from istdbench.reports import curve_tables

    if source.suffix == ".json":
        given = from_record(source, dataset, split, part, weights=weights, maps=maps)
    elif weights is not None or maps is not None:
        raise UsageError("--weights and --maps go with a record; a folder holds its maps already")
    else:
        given = from_folder(source, dataset, split, part)
    analysis = analyse(given.score_of, given.dataset, bar(given.names, "curves"))
    for path in curve_tables.write_csv(analysis, csv) if csv is not None else []:
        err.print(f"table: {path}", markup=False, highlight=False, soft_wrap=True)
    if as_json:
        found = curve_tables.tables(analysis)
        print_json({name: _rows(found[name]) for name in found if name not in ("roc", "precision_recall")})
        return
    out.print(f"{given.title} on {given.dataset.name}, {given.split} {given.part}: {len(given.names)} images\n")
    out.print(_table(curve_tables.values(analysis.curves).reset_index()))
    for by in BREAKDOWNS:
        out.print(_table(curve_tables.readable(analysis, by), title=by.title, caption=by.definition))


def _table(frame: pd.DataFrame, title: str | None = None, caption: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    for column in frame.columns:
        table.add_column(column, justify="right" if frame[column].dtype.kind in "if" else "left")
    for row in frame.itertuples(index=False):
        table.add_row(*map(_cell, row))
    return table


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return "–" if math.isnan(value) else f"{value:.4f}"


def _rows(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Rows for JSON: NaN and infinity, which JSON does not have, are null."""
    finite = frame.astype(object).where(~frame.isin([float("inf"), -float("inf")]) & frame.notna(), None)
    return finite.to_dict("records")
