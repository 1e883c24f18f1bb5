"""A tiny learned method, a data set in memory and a protocol of seconds, for tests of what runs on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from istdbench.datasets.dataset import Dataset, DatasetEntry, Sample
from istdbench.jobs.job import Job
from istdbench.methods.method import Learned, Method, Option
from istdbench.methods.outputs import Outputs
from istdbench.protocols.protocol import Protocol
from istdbench.registry import DATASETS, METHODS
from istdbench.spec import parse_spec


def tiny_network(width: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, width, 5, padding=2), nn.BatchNorm2d(width), nn.ReLU(), nn.Dropout(0.1), nn.Conv2d(width, 1, 1)
    )


TINY = Learned(
    name="tiny",
    summary="one hidden layer",
    paper="none",
    options={"width": Option(4, "hidden channels")},
    build=tiny_network,
)


class ManyHeads(nn.Module):
    """A mask at full and at half size, edges and the image, all from one hidden layer."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Conv2d(1, width, 5, padding=2), nn.BatchNorm2d(width), nn.ReLU())
        self.fine, self.coarse = nn.Conv2d(width, 1, 1), nn.Conv2d(width, 1, 2, stride=2)
        self.edge, self.image = nn.Conv2d(width, 1, 3, padding=1), nn.Conv2d(width, 1, 1)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        x = self.hidden(image)
        if not self.training:
            return self.fine(x)
        return Outputs(masks=(self.fine(x), self.coarse(x)), edge=self.edge(x), image=self.image(x))


MANY_HEADS = replace(TINY, name="many_heads", build=ManyHeads)


class TwoGenerators(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.generators = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.Conv2d(width, 1, 1), nn.Sigmoid()
            )
            for _ in range(2)
        )

    def forward(self, image):
        return torch.stack([generator(image) for generator in self.generators]).mean(dim=0).logit(1e-6)


class TinyDiscriminator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4))
        self.classes = nn.Linear(4, 3)

    def forward(self, images, maps):
        features = self.features(torch.cat([images, maps], dim=1))
        return self.classes(features.mean(dim=(2, 3))), features


GENERATING = replace(TINY, name="generating", build=TwoGenerators, discriminator=TinyDiscriminator)
ADVERSARIAL = {
    "losses": {},
    "adversarial": {"miss": (50.0, 2.0), "false_alarm": (3.0, 20.0), "deception": 0.5, "consistency": 0.7, "lr": 1e-3},
}
"""The part of a recipe that trains `GENERATING`."""


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


RECIPE = {
    "epochs": 3,
    "batch": 2,
    "losses": {"dice": 1.0, "bce": 1.0},
    "optimizer": {"type": "AdamW", "lr": 0.02},
    "augmentation": {"crop": 24},
    "validate_every": 2,
}


def tiny_protocol(**training: object) -> Protocol:
    return Protocol(name="tiny_protocol", summary="for tests", training=RECIPE | training)


def tiny_protocol_file(folder: Path, **fields: object) -> str:
    """The file of `tiny_protocol`, with other fields beside its training."""
    said = {"summary": "for tests", "training": RECIPE, **fields}
    path = folder / "tiny_protocol.py"
    path.write_text("".join(f"{name} = {value!r}\n" for name, value in said.items()))
    return str(path)


def register_tiny(monkeypatch: pytest.MonkeyPatch, **datasets: Dataset) -> None:
    """Let the tiny methods, their data and data sets by their names be registered ones."""
    for method in (TINY, GENERATING):
        monkeypatch.setitem(METHODS._found, method.name, ("tests", method))
    for name, dataset in {"spots": Spots(), **datasets}.items():
        entry = DatasetEntry(name, "bright spots", lambda spec, dataset=dataset: dataset)
        monkeypatch.setitem(DATASETS._found, name, ("tests", entry))


def tiny_job(seed: int = 0, *, method: Method = TINY, options: dict | None = None, **training: object) -> Job:
    options = options or {}
    spec = parse_spec(method.name + "".join(f":{key}={value}" for key, value in options.items()))
    return Job(method, spec, method.resolve(options), Spots(), tiny_protocol(**training), seed)
