"""`istdbench train`."""

from __future__ import annotations

from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, say_aside, say_kept
from istdbench.cli.run import conclude
from istdbench.registry import PROBES
from istdbench.spec import parse_spec


def train(
    method: options.OneMethod,
    dataset: options.OneDataset,
    protocol: options.Protocol = None,
    set_fields: options.Changes = None,
    seed: Annotated[int, typer.Option(help="Seed of the initial weights, crops and dropout.")] = 0,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew, whatever is there.")] = False,
    log: options.Logs = "",
    score: Annotated[bool, typer.Option("--score/--no-score", help="Then score the weights, as `run` does.")] = True,
    isolate: options.Isolate = None,
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
    out_folder: options.Out = options.OUT,
    device: options.Device = "cpu",
) -> None:
    """Train a method by a protocol; stopped at any moment, the same command goes on from the last whole epoch.

    One process at a time trains a method in one way: a second one says which process does, and ends with exit code 3.

    The score at the end is that of the last epoch on the test part, with its record and leaderboard: the one that `run`
    gives, never of an epoch that was chosen. While you choose settings, look at validation in the log, and add
    --no-score.

    Example: istdbench train mim_istd --dataset nuaa --protocol cpu512
    """
    from accelerate import PartialState

    from istdbench.jobs.job import make_job
    from istdbench.jobs.leaks import refuse_training_on_test
    from istdbench.runs.isolation import JobError, trainer
    from istdbench.runs.run import Runner, Settings
    from istdbench.training.logs import logs_of

    job = make_job(parse_spec(method), parse_spec(dataset), protocol, seed, options.changes(set_fields))
    if score:
        refuse_training_on_test(job)  # or a split without test images: told before hours of training
        options.writable_folder(out_folder)
    apart = options.isolation(isolate, time_limit, memory_limit)
    try:
        path = trainer(job, **apart)(job, device=device, restart=restart, logs=options.names(log), track=bar)
    except JobError as error:
        say_aside(error.traceback)
        raise
    if not PartialState().is_main_process:
        return
    for place in logs_of(job):
        say_kept(f"log: {place}")
    say_kept(f"weights: {path}")
    if score:
        settings = Settings(out=out_folder, probes=PROBES.names(), device=device, track=bar, **apart)
        conclude([Runner(settings).attempt(job)], out_folder)
