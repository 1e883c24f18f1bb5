"""`istdbench leaderboard`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, say, say_error
from istdbench.errors import UsageError
from istdbench.registry import METRICS, REPORTERS


def leaderboard(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: say what is not as records, tables and zoo give it.")
    ] = False,
    rescore: Annotated[
        bool, typer.Option("--rescore", help="With --check: also make every number again whose data are here.")
    ] = False,
    out_folder: options.Out = options.OUT,
    device: options.Device = "cpu",
) -> None:
    """Rebuild the leaderboards from the records, or check them: exit code 1 where anything is not what it should be.

    Example: istdbench leaderboard --check --rescore
    """
    if rescore and not check:
        raise UsageError("--rescore goes with --check; `istdbench verify` makes one record's number again")
    if not out_folder.is_dir():
        raise UsageError(f"--out {out_folder}: no such folder; `istdbench run` makes one")
    if check:
        _check(out_folder, rescore, device)
        return

    from istdbench.reports.writing import write_reports

    for path in write_reports(out_folder, REPORTERS.all(), METRICS.all()):
        say(path)


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
