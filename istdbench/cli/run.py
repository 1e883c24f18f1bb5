"""`istdbench run`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import BUSY, FAILED, bar, print_json, say_aside, say_kept, tell
from istdbench.registry import METRICS, PROBES, REPORTERS
from istdbench.spec import parse_specs

if TYPE_CHECKING:
    from istdbench.runs.run import Outcome


def run(
    methods: options.Methods,
    dataset: options.Datasets,
    protocol: options.Protocol = None,
    set_fields: options.Changes = None,
    seeds: Annotated[str, typer.Option(help="Seeds, comma-separated.")] = "0",
    train: Annotated[bool, typer.Option("--train", help="Train where there are no weights.")] = False,
    log: options.Logs = "",
    force: Annotated[bool, typer.Option("--force", help="Run again what is recorded already.")] = False,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|DATASET|released[:NAME]",
            help="Weights of the one method: a file, those trained on a data set, or those that its authors released.",
        ),
    ] = None,
    weights_of_another_protocol: Annotated[
        bool,
        typer.Option("--weights-of-another-protocol", help="--protocol may be another than theirs; marks the row."),
    ] = False,
    probes: Annotated[
        str, typer.Option(help="Probes, comma-separated; all or none.", autocompletion=completion.probes)
    ] = "all",
    maps: Annotated[
        Path | None, typer.Option(help="Keep the score maps in this folder.", callback=options.writable_folder)
    ] = None,
    best_on_test: Annotated[
        bool, typer.Option("--best-on-test", help="Also record IoU at the threshold best on test; not comparable.")
    ] = False,
    isolate: options.Isolate = None,
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
    out_folder: options.WrittenOut = options.OUT,
    device: options.Device = "cpu",
    as_json: options.AsJson = False,
) -> None:
    """Evaluate methods on data sets: predict, score, probe, record, leaderboard.

    Example: istdbench run --methods mim_istd,baseline --dataset synth
    """
    from istdbench.runs.run import Settings
    from istdbench.runs.run import run as run_all

    settings = Settings(
        out=out_folder,
        train=train,
        logs=options.names(log),
        force=force,
        weights=weights,
        weights_of_another_protocol=weights_of_another_protocol,
        probes={"all": PROBES.names(), "none": []}.get(probes, probes.split(",")),
        best_on_test=best_on_test,
        maps=maps,
        device=device,
        track=bar,
        **options.isolation(isolate, time_limit, memory_limit),
    )
    chosen, data, seed_numbers = parse_specs(methods), parse_specs(dataset), options.numbers("--seeds", seeds, int)
    outcomes = run_all(chosen, data, protocol, seed_numbers, settings, options.changes(set_fields))
    conclude(map(_with_logs, outcomes) if train else outcomes, out_folder, as_json=as_json)


def conclude(outcomes: Iterable[Outcome], out_folder: Path, *, as_json: bool = False) -> None:
    """Run to the end, tell what becomes of each job, write the leaderboards and show the table of all records.

    Raises:
        Exit: a job has no record, or one in which a metric failed.
    """
    from istdbench.reports.terminal import tables
    from istdbench.reports.writing import write_reports

    ended = []
    for outcome in outcomes:
        ended.append(outcome)
        tell(outcome, if_recorded=" (before; --force runs it again)")
    records = [outcome.record for outcome in ended if outcome.record is not None]
    pages = write_reports(out_folder, REPORTERS.all(), METRICS.all()) if records else []
    if as_json:
        print_json([record.model_dump(mode="json") for record in records])
    elif records:
        say_kept(tables(records, METRICS.all()))
    for path in pages:
        say_aside(f"leaderboard: {path}")
    missing = {outcome.state for outcome in ended if outcome.record is None}
    if missing or any(record.metrics.failed for record in records):
        raise typer.Exit(BUSY if missing == {"busy"} else FAILED)


def _with_logs(outcome: Outcome) -> Outcome:
    """The outcome, once it is told where the logs of its training are."""
    from istdbench.training.logs import logs_of

    for place in logs_of(outcome.job) if outcome.state == "done" else []:
        say_aside(f"log: {place}")
    return outcome
