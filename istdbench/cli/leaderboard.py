"""`istdbench leaderboard`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, say, say_error, say_errors, say_kept
from istdbench.cli.formats import AsFormat, chosen, print_tables
from istdbench.errors import UsageError
from istdbench.metrics.alarms import FRAME_RATE
from istdbench.registry import METRICS, REPORTERS

if TYPE_CHECKING:
    from istdbench.reports.table import Table


def leaderboard(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: say what is not as records, tables and zoo give it.")
    ] = False,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="With --check: also make every number again whose data are here.")
    ] = False,
    form: AsFormat = None,
    as_json: options.AsJson = False,
    frame_rate: options.FrameRate = FRAME_RATE,
    out_folder: options.Out = options.OUT,
    device: options.Device = "cpu",
) -> None:
    """Rebuild the leaderboards from the records, or check them: exit code 1 where anything is not what it should be.

    A damaged record is named and left out. Records that were handed in, in the folder submissions/ beside --out, are
    taken in.

    With --format nothing is written: the tables are printed, with alarms an hour at --frame-rate.

    Example: istdbench leaderboard --check --rescore
    """
    form = chosen(form, as_json)
    if form is not None and check:
        raise UsageError(f"--check prints no tables; leave out it or --format {form}")
    if rescore and not check:
        raise UsageError("--rescore goes with --check; `istdbench verify` makes one record's number again")
    if frame_rate != FRAME_RATE and form is None:
        raise UsageError(f"--frame-rate goes with --format; leaderboards that are kept are at {FRAME_RATE:g} Hz")
    if not out_folder.is_dir():
        raise UsageError(f"--out {out_folder}: no such folder; `istdbench run` makes one")
    if check:
        _check(out_folder, rescore, device)
        return

    from istdbench.reports.writing import damage, write_reports

    refused: list[str] = []
    if form is not None:
        print_tables(_tables(out_folder, frame_rate), form)
    else:
        from istdbench.submissions.taking_in import take_in

        refused = take_in(out_folder)
        for path in write_reports(out_folder, REPORTERS.all(), METRICS.all()):
            say_kept(path)
    say_errors(refused)
    if damage(out_folder):  # of which each was told when it was left out
        raise typer.Exit(FAILED)


def _tables(out_folder: Path, frame_rate: float) -> list[Table]:
    from istdbench.reports.frame_rates import metrics_at, record_at
    from istdbench.reports.leaderboard import tables
    from istdbench.results import RECORDS, Store

    store = Store(out_folder / RECORDS)
    entries = metrics_at(frame_rate, METRICS.all())
    return tables([record_at(frame_rate, record) for record in store.load_all()], entries, store.per_image)


def _check(out_folder: Path, rescore: bool, device: str) -> None:
    from istdbench.committed import check as committed
    from istdbench.jobs.device import check_device

    check_device(device)
    problems = committed.check(out_folder, bar)
    for problem in problems:
        say_error(problem)
    for outcome in committed.rescore(out_folder, device, bar) if rescore else ():
        if outcome.problem:
            problems.append(outcome.problem)
            say_error(outcome.problem)
        else:
            say(f"{outcome.record.path}: {f'skipped, {outcome.skipped}' if outcome.skipped else 'reproduced'}")
    if problems:
        raise typer.Exit(FAILED)
    say(f"{out_folder} and the zoo are what records, tables and weights give")
