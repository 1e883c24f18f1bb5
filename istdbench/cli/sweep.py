"""`istdbench sweep`."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, err, out, print_json
from istdbench.cli.outcomes import tell

if TYPE_CHECKING:
    from istdbench.engine.sweep import Standing


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A campaign: methods, datasets, protocols, seeds, out.")],
    status: Annotated[bool, typer.Option("--status", help="Show what is done, running and left, and end.")] = False,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Begin no run or epoch after so long; the next call goes on.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on a Ray cluster: auto, local or HOST:PORT.")
    ] = None,
    device: options.Device = "cpu",
    as_json: options.AsJson = False,
) -> None:
    """Train and score every method on every data set by every protocol with every seed, as a queue that can be shared.

    Finished runs are never repeated. Stop it, kill it, call it again, call it on several machines that share the
    campaign's out and ISTDBENCH_HOME: every call takes what is left. Exit code 1 where a run failed.

    Example: [bold]istdbench sweep campaign.py --device cuda --minutes 9[/bold]
    """
    from istdbench.engine.campaign import load_campaign
    from istdbench.engine.progress import Deadline, never
    from istdbench.engine.ray_sweep import ray_sweep
    from istdbench.engine.run import Settings, write_reports
    from istdbench.engine.sweep import standings
    from istdbench.engine.sweep import sweep as run_here

    campaign = load_campaign(file)
    jobs = campaign.jobs()
    settings = Settings(
        out=campaign.out,
        train=True,
        probes=campaign.probes,
        device=device,
        track=bar,
        stop=never if minutes is None else Deadline(time.time() + 60 * minutes),
    )
    if not status:
        for outcome in run_here(jobs, settings) if ray is None else ray_sweep(jobs, settings, ray):
            if outcome.state != "stopped":
                tell(outcome)
        for path in write_reports(campaign.out):
            err.print(f"leaderboard: {path}", markup=False, highlight=False, soft_wrap=True)
    found = standings(jobs, settings)
    if as_json:
        print_json([_row(standing) for standing in found])
    else:
        out.print(_table(found))
    if any(standing.state == "failed" for standing in found):
        raise typer.Exit(FAILED)


def _row(standing: Standing) -> dict[str, Any]:
    job, record = standing.job, standing.record
    return {
        "method": str(job.spec),
        "dataset": job.dataset.name,
        "protocol": job.protocol.name,
        "seed": job.seed,
        "state": standing.state,
        "starts": standing.starts,
        "host": standing.host,
        "error": standing.error,
        "record": None if record is None else str(record.path),
    }


def _table(found: list[Standing]) -> Table:
    counts = Counter(standing.state for standing in found)
    title = ", ".join(f"{counts[state]} {state}" for state in ("done", "running", "failed", "left"))
    shown = ("method", "dataset", "protocol", "seed", "state", "starts", "host", "error")
    table = Table(*shown, title=f"{len(found)} runs: {title}", title_justify="left")
    for standing in found:
        row = _row(standing)
        table.add_row(*(str(row[column]) for column in shown))
    return table
