"""`istdbench train`."""

from __future__ import annotations

from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, say
from istdbench.spec import parse_spec


def train(
    method: options.OneMethod,
    dataset: options.OneDataset,
    protocol: options.Protocol = None,
    set_fields: options.Changes = None,
    seed: Annotated[int, typer.Option(help="Seed of the initial weights, crops and dropout.")] = 0,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew, whatever is there.")] = False,
    device: options.Device = "cpu",
) -> None:
    """Train a method by a protocol; stopped at any moment, the same command goes on from the last whole epoch.

    Example: istdbench train mim_istd --dataset nuaa --protocol cpu512
    """
    from istdbench.jobs.job import make_job
    from istdbench.training.train import train as train_job
    from istdbench.training.train import training_folder

    job = make_job(parse_spec(method), parse_spec(dataset), protocol, seed, options.changes(set_fields))
    path = train_job(job, device=device, restart=restart, track=bar)
    say(f"weights: {path}")
    say(f"log: {training_folder(job) / 'log.csv'}")
