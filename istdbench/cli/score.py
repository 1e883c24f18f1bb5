"""`istdbench score`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, print_json, say_aside, say_errors, say_kept, show_table
from istdbench.errors import UsageError
from istdbench.metrics.alarms import FRAME_RATE
from istdbench.registry import METRICS, REPORTERS, build_dataset
from istdbench.spec import parse_spec

if TYPE_CHECKING:
    from istdbench.metrics.metric import Metric
    from istdbench.runs.map_sources import Source
    from istdbench.scoring.image_counts import Counts
    from istdbench.scoring.reading import Reading


def score(
    folder: Annotated[Path, typer.Argument(metavar="PRED_DIR", help=options.MAPS_HELP)],
    dataset: options.OneDataset,
    scale: options.Scale = None,
    resize: options.ResizeMaps = None,
    split: Annotated[str | None, typer.Option(help="Named split.", show_default="the data set's own")] = None,
    part: Annotated[str | None, typer.Option(help="Part of the split.", show_default="test")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="A target is where the score is greater than this.", show_default="0.5")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Make a record of this name: for leaderboards, report, compare.")
    ] = None,
    protocol: options.Protocol = None,
    params: Annotated[str | None, typer.Option(help="Of the record: its parameters, as 1678809 or 1.68M.")] = None,
    gmacs: Annotated[float | None, typer.Option(help="Of the record: its GMACs.")] = None,
    url: Annotated[str | None, typer.Option(help="Of the record: the method's paper or code.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the record: the training's seed.", show_default="0")] = None,
    frame_rate: Annotated[
        float | None,
        typer.Option(metavar="HZ", help="Frames a second at which alarms an hour are counted.", show_default="25"),
    ] = None,
    out_folder: options.WrittenOut = options.OUT,
    as_json: options.AsJson = False,
) -> None:
    """Score a folder of score maps, whatever made them.

    With --name they become a record, as runs have them: the protocol then says split, part and threshold.

    Example: istdbench score my_maps --dataset nuaa --name mynet --params 1.2M
    """
    from istdbench.reports.frame_rates import metrics_at
    from istdbench.scoring.reading import Reading

    reading = Reading(scale, resize)
    if name is None:
        of_record = {"protocol": protocol, "params": params, "gmacs": gmacs, "url": url, "seed": seed}
        _refuse(of_record, "goes with --name, which makes a record")
        entries = metrics_at(FRAME_RATE if frame_rate is None else frame_rate, METRICS.all())
        _values(folder, dataset, split, part, 0.5 if threshold is None else threshold, reading, entries, as_json)
        return
    _refuse({"split": split, "part": part, "threshold": threshold}, "is the protocol's where a record is made")
    _refuse({"frame-rate": frame_rate}, f"is of what is printed; a record counts alarms at {FRAME_RATE:g} Hz")

    from istdbench.results import RECORDS, Store
    from istdbench.runs.from_predictions import About, record_predictions

    parameters = None if params is None else options.quantity("--params", params)
    about = About(parse_spec(name), parameters, gmacs, url or "", seed or 0)
    store = Store(out_folder / RECORDS)
    record = record_predictions(
        folder, parse_spec(dataset), about, store, protocol=protocol, reading=reading, track=bar
    )

    from istdbench.reports.terminal import tables
    from istdbench.reports.writing import write_reports

    pages = write_reports(out_folder, REPORTERS.all(), METRICS.all())
    say_aside(f"record: {store.root / record.path}")
    if as_json:
        print_json(record.model_dump(mode="json"))
    else:
        say_kept(tables([record], METRICS.all()))
    for path in pages:
        say_aside(f"leaderboard: {path}")


def _values(
    folder: Path,
    dataset: str,
    split: str | None,
    part: str | None,
    threshold: float,
    reading: Reading,
    entries: Sequence[Metric],
    as_json: bool,
) -> None:
    from istdbench.runs.map_sources import of_folder

    given = of_folder(folder, build_dataset(parse_spec(dataset)), split, part, reading)

    from istdbench.runs.to_record import values_of
    from istdbench.scoring.image_counts import Counts
    from istdbench.scoring.threshold import check_threshold

    check_threshold(threshold)
    counts = Counts(threshold)
    given.show(counts, track=bar, title="score")
    counts.warn_of_odd_maps()
    found = values_of(counts.by_name, entries, given.dataset)
    if as_json:
        print_json(found["values"])
    else:
        _show(given, found, entries, counts)
    say_errors([f"metric {name} failed: {why}" for name, why in found["failed"].items()])


def _show(given: Source, found: dict[str, Any], entries: Sequence[Metric], counts: Counts) -> None:
    from istdbench.metrics.by_sequence import owners
    from istdbench.metrics.counts import to_table
    from istdbench.reports import cells
    from istdbench.reports.sequence_table import told_of
    from istdbench.statistics.coverage import MARK, MEASURED, least, rests_on_few

    values, intervals, failed = found["values"], found["intervals"], found["failed"]
    shown = [entry for entry in entries if entry.name in values or entry.name in failed]
    table, own = to_table(counts.by_name.values()), owners(given.dataset, counts.by_name)
    few = {entry.name: bool(intervals.get(entry.name)) and rests_on_few(entry, table, own) for entry in shown}
    rows = [
        (
            f"{entry.label} {entry.unit}".strip(),
            cells.FAILED if entry.name in failed else _shown(values[entry.name] * entry.scale),
            cells.ends(entry, intervals.get(entry.name)) + (MARK if few[entry.name] else ""),
        )
        for entry in shown
    ]
    title = f"{given.title} on {given.dataset.name}, {given.split} {given.part}: {len(given.names)} images"
    headings = ("metric", "value", "95 % interval")
    least_of = ", ".join(f"{entry.label} {least(entry)}" for entry in shown if few[entry.name])
    short = f"{MARK} too short: fewer images carry it than it takes ({least_of}). {MEASURED}." if least_of else ""
    told = told_of(len(set(own)) if own else None, given.dataset.truth)
    show_table(headings, rows, numbers=headings[1:], title=title, caption="\n".join(filter(None, [short, *told])))


def _shown(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _refuse(given: Mapping[str, object], why: str) -> None:
    """Options that say nothing here."""
    for option, value in given.items():
        if value is not None:
            raise UsageError(f"--{option} {why}")
