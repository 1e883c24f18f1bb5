"""`istdbench sweep`."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, print_json, say_aside, show_table, tell
from istdbench.registry import METRICS, REPORTERS

if TYPE_CHECKING:
    from istdbench.campaigns.queue import Standing


def sweep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A campaign, .toml, or .py: a program, which is run.")],
    status: Annotated[bool, typer.Option("--status", help="Show what is done, running and left, and end.")] = False,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Begin no run or epoch after so long; the next call goes on.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Run on a Ray cluster: auto, local or HOST:PORT.")
    ] = None,
    isolate: options.Isolate = None,
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
    log: options.Logs = "",
    device: options.Device = "cpu",
    as_json: options.AsJson = False,
) -> None:
    """Train and score every method on every data set by every protocol with every seed, as a queue that can be shared.

    Finished runs are never repeated. Stop it, kill it, call it again, call it on several machines that share the
    campaign's out and ISTDBENCH_HOME: every call takes what is left. Each uses all cores that it may; side by side on
    one machine, `taskset -c 0-7 istdbench sweep …` gives a call cores of its own. Exit code 1 where a run failed.

    Example: istdbench sweep campaign.py --device cuda --minutes 9
    """
    from istdbench.campaigns.campaign import load_campaign

    campaign = load_campaign(file)

    from istdbench.campaigns.queue import standings
    from istdbench.campaigns.queue import sweep as run_here
    from istdbench.campaigns.ray_cluster import ray_sweep
    from istdbench.progress import Deadline, never
    from istdbench.reports.writing import write_reports
    from istdbench.runs.run import Settings

    jobs = campaign.jobs()
    settings = Settings(
        out=campaign.out,
        train=True,
        logs=options.names(log),
        probes=campaign.probes,
        device=device,
        track=bar,
        stop=never if minutes is None else Deadline(time.time() + 60 * minutes),
        **options.isolation(isolate, time_limit, memory_limit),
    )
    if not status:
        for outcome in run_here(jobs, settings) if ray is None else ray_sweep(jobs, settings, ray):
            if outcome.state != "stopped":
                tell(outcome)
        for path in write_reports(campaign.out, REPORTERS.all(), METRICS.all()):
            say_aside(f"leaderboard: {path}")
    found = standings(jobs, settings)
    if as_json:
        print_json([_row(standing) for standing in found])
    else:
        _show(found, kept=not status)
    failed_metrics = [standing for standing in found if standing.record and standing.record.metrics.failed]
    if failed_metrics or any(standing.state == "failed" for standing in found):
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


def _show(found: list[Standing], *, kept: bool) -> None:
    counts = Counter(standing.state for standing in found)
    states = ", ".join(f"{counts[state]} {state}" for state in ("done", "running", "failed", "left"))
    headings = ("method", "dataset", "protocol", "seed", "state", "starts", "host", "error")
    rows = [[_row(standing)[heading] for heading in headings] for standing in found]
    show_table(headings, rows, kept=kept, numbers=("seed", "starts"), title=f"{len(found)} runs: {states}")
