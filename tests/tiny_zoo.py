"""A zoo and leaderboards in a temporary folder, of the tiny method on data in memory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny_training import TINY, Spots, tiny_job

from istdbench.cli import options
from istdbench.committed import adding, cards, check
from istdbench.datasets.dataset import DatasetEntry
from istdbench.jobs import zoo_files
from istdbench.runs import from_record
from istdbench.runs import run as run_module
from istdbench.runs.run import Outcome
from istdbench.spec import parse_spec
from istdbench.training.train import train

TINY_SPEC, SPOTS = parse_spec("tiny"), parse_spec("spots")


def use_tiny_zoo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `zoo` stand under `folder`, and let the tiny method and its data be the registered ones, without probes."""
    monkeypatch.setattr(zoo_files, "ZOO", folder / "zoo")
    monkeypatch.setattr("istdbench.results.provenance.git_state", lambda package: ("f" * 40, False))
    for module in (adding, run_module, check):
        monkeypatch.setattr(module, "make_job", lambda method, data, protocol, seed, *changes: tiny_job(seed))
    monkeypatch.setattr(adding, "PROBES", SimpleNamespace(names=list))
    for module in (from_record, options):
        monkeypatch.setattr(module, "METHODS", SimpleNamespace(get=lambda name: TINY))
    for module in (from_record, check, cards):
        monkeypatch.setattr(module, "build_dataset", lambda spec: Spots())
    entry = DatasetEntry("spots", "bright spots", lambda spec: Spots())
    for module in (cards, options):
        monkeypatch.setattr(module, "dataset_entries", lambda name: [entry])


def add_tiny(folder: Path, seed: int = 0) -> Outcome:
    """Train the tiny method and add it to the zoo and the leaderboards under `folder`."""
    train(tiny_job(seed))
    return adding.add(TINY_SPEC, SPOTS, None, seed, out=folder / "leaderboards")
