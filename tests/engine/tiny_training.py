"""A tiny learned method, a data set in memory and a protocol of seconds, for tests of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import nn

from istdbench.datasets.base import Dataset, Sample
from istdbench.engine.job import Job
from istdbench.methods.spec import Method, Option
from istdbench.protocols.protocol import Protocol
from istdbench.spec import parse_spec


def tiny_network(width: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, width, 5, padding=2), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.1), nn.Conv2d(width, 1, 1)
    )


TINY = Method(
    name="tiny",
    kind="learned",
    summary="one hidden layer",
    paper="none",
    options={"width": Option(4, "hidden channels")},
    build=tiny_network,
)


@dataclass
class Spots(Dataset):
    """Bright 3 x 3 spots on noise, of sizes that differ: `count` to train on, two to validate, three to test."""

    count: int = 6
    name: str = "spots"
    fingerprint: str = "spots-1"  # type: ignore[assignment]

    def splits(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        parts = {"train": self.count, "val": 2, "test": 3}
        return {"official": {part: tuple(f"{part}{i}" for i in range(n)) for part, n in parts.items()}}

    def load(self, name: str) -> Sample:
        rng = np.random.default_rng(sum(name.encode()))
        height, width = 30 + int(rng.integers(12)), 33 + int(rng.integers(12))
        mask = np.zeros((height, width), bool)
        y, x = rng.integers(4, 26, 2)
        mask[y : y + 3, x : x + 3] = True
        image = rng.normal(80, 5, mask.shape) + 120 * mask
        return Sample(name, image.clip(0, 255).astype(np.float32), mask)


def tiny_protocol(**training: object) -> Protocol:
    recipe = {
        "epochs": 3,
        "batch": 2,
        "losses": {"dice": 1.0, "bce": 1.0},
        "optimizer": {"type": "AdamW", "lr": 0.02},
        "augmentation": {"crop": 24},
        "validate_every": 2,
    }
    return Protocol(name="tiny_protocol", summary="for tests", training=recipe | training)


def tiny_job(seed: int = 0, *, options: dict | None = None, **training: object) -> Job:
    options = options or {}
    spec = parse_spec("tiny" + "".join(f":{key}={value}" for key, value in options.items()))
    return Job(TINY, spec, TINY.resolve(options), Spots(), tiny_protocol(**training), seed)
