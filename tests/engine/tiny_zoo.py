"""A zoo and leaderboards in a temporary folder, of the tiny method on data in memory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from engine.tiny_training import TINY, Spots, tiny_job

from istdbench.datasets.base import DatasetEntry
from istdbench.engine import recorded, weights, zoo
from istdbench.engine import run as run_module
from istdbench.engine.run import Outcome
from istdbench.engine.train import train
from istdbench.reports import committed, model_card
from istdbench.spec import parse_spec

TINY_SPEC, SPOTS = parse_spec("tiny"), parse_spec("spots")


def use_tiny_zoo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `zoo` stand under `folder`, and let the tiny method and its data be the registered ones, without probes."""
    monkeypatch.setattr(weights, "ZOO", folder / "zoo")
    monkeypatch.setattr("istdbench.results.provenance.git_state", lambda package: ("f" * 40, False))
    for module in (zoo, run_module, committed):
        monkeypatch.setattr(module, "make_job", lambda method, data, protocol, seed: tiny_job(seed))
    monkeypatch.setattr(zoo, "PROBES", SimpleNamespace(names=list))
    monkeypatch.setattr(recorded, "METHODS", SimpleNamespace(get=lambda name: TINY))
    for module in (recorded, committed, model_card):
        monkeypatch.setattr(module, "build_dataset", lambda spec: Spots())
    entry = DatasetEntry("spots", "bright spots", lambda spec: Spots())
    monkeypatch.setattr(model_card, "DATASETS", SimpleNamespace(get=lambda name: entry))


def add_tiny(folder: Path, seed: int = 0) -> Outcome:
    """Train the tiny method and add it to the zoo and the leaderboards under `folder`."""
    train(tiny_job(seed))
    return zoo.add(TINY_SPEC, SPOTS, None, seed, out=folder / "leaderboards")
