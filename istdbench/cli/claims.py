"""`istdbench claims`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, say, say_aside, say_error
from istdbench.errors import UsageError
from istdbench.files import check_writable
from istdbench.registry import METRICS, REPORTERS

if TYPE_CHECKING:
    from istdbench.claims.ledger_runs import Outcome


def claims(
    only: Annotated[str | None, typer.Option(metavar="TEXT", help="Only claims that have this in their name.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only claims that were not made again yet.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: make again what is at hand, and compare with what is kept.")
    ] = False,
    within: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="With --check: the quickest that took no more together: 90s, 2m.", show_default="all"
        ),
    ] = None,
    out_folder: options.Out = options.OUT,
    device: options.Device = "cpu",
) -> None:
    """Make again what authors claim of weights that they released: by their own rule, and by the leaderboards'.

    Weights are fetched where they are not here; data sets are not (istdbench data fetch). Each claim gets a record and
    lines in claims.md; the leaderboards get the rows of the common protocol. Exit code 1 where one could not be made
    or, with --check, is not what is kept. A claim that does not come out is no failure: the page says so.

    Example: istdbench claims --only rpcanet, istdbench claims --check --within 2m
    """
    from istdbench.claims import ledger_runs
    from istdbench.claims.claim_record import examine_claims
    from istdbench.claims.claimed import chosen, ledger
    from istdbench.jobs.device import check_device

    check_device(device)
    if within is not None and not check:
        raise UsageError("--within goes with --check; choose what is made with --only and --missing")
    if check and missing:
        raise UsageError("--check compares what was made before; leave --missing out")
    wanted = chosen(only)
    kept, problems = examine_claims(out_folder, ledger())
    if check:
        from istdbench.results import RECORDS, Store

        seconds = None if within is None else options.duration("--within", within)
        records = Store(out_folder / RECORDS).load_all()
        for problem in problems:
            say_error(problem)
        problems += _told(ledger_runs.check(wanted, kept, records, seconds, device, bar))
    else:
        from istdbench.reports.writing import write_reports

        check_writable(out_folder, folder=True)
        if missing:
            wanted = tuple(claimed for claimed in wanted if claimed.name not in kept)
        problems = _told(ledger_runs.make(wanted, out_folder, device, bar))
        for path in write_reports(out_folder, REPORTERS.all(), METRICS.all()):
            say_aside(f"page: {path}")
    if problems:
        raise typer.Exit(FAILED)


def _told(outcomes: Iterable[Outcome]) -> list[str]:
    """Say what becomes of each claim, as it does; returns what failed."""
    problems = []
    for outcome in outcomes:
        if outcome.problem:
            problems.append(outcome.problem)
            say_error(outcome.problem)
        else:
            say(f"{outcome.claimed.name}: {_words(outcome)}")
    return problems


def _words(outcome: Outcome) -> str:
    """Each value as it is claimed, and as it came out."""
    from istdbench.claims.tolerance import verdicts

    if outcome.measured is None:
        return f"skipped, {outcome.skipped}"
    found = verdicts(outcome.claimed, outcome.measured)
    return "; ".join(
        f"{metric} {claimed} claimed, {float(claimed) + found[metric].difference:.4g} found"
        f"{', agrees' if found[metric].agrees else f', off by {found[metric].difference:+.2g}'}"
        for metric, claimed in outcome.claimed.claim.values.items()
    )
