"""Training throughput beside BasicIRSTD's own loop, network by network: `python benchmarks/training_speed.py`.

Both train a network by one recipe (protocol `basicirstd`: crops of 256, batches of 16, Adam, SoftIoU) on the same
images of 512 x 512, which are drawn and written as files first. What is counted is crops a second once the first
steps are over, with all that an epoch costs; "first step" is the time from the call to it, compilers included, of which
the engine, which goes first, leaves the others none. The engine's column is what `istdbench train` does, whatever that
is at the time; "eager" is the same with each step done kernel by kernel. Quote the ratios, not the times.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import basicirstd_loop
import torch
from PIL import Image
from tabulate import tabulate
from torch import Tensor

from istdbench.datasets.synth import synth
from istdbench.files import atomic_write
from istdbench.jobs.job import Job, make_job
from istdbench.progress import State
from istdbench.spec import Spec, parse_spec
from istdbench.training import step
from istdbench.training.objective import objective
from istdbench.training.train import train

NETWORKS = "mim_istd,baseline,acm,alcnet,dnanet,fc3net,isnet,mshnet,rpcanet,uiunet"
SETTLED = 20  # steps that are not counted: compilers, tuning, a graph's capture


@dataclass(frozen=True)
class Plan:
    """What to time: so many images of `side` pixels, a training's crops and batches, seconds of each, and where."""

    device: torch.device
    images: int = 256
    side: int = 512
    crop: int = 256
    batch: int = 16
    seconds: float = 5.0
    settled: int = SETTLED


@dataclass(frozen=True)
class Speed:
    first_step: float
    crops_per_second: float


class Enough(Exception):  # noqa: N818 - no error
    """The training was watched for long enough."""


class Watch:
    """Counts steps once they are settled, for so many seconds, and never fewer than two."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.began, self.steps = plan, time.perf_counter(), 0
        self.first = self.settled = 0.0

    def step(self) -> None:
        """A step is over.

        Raises:
            Enough: that was the last one.
        """
        self.steps += 1
        if self.steps == 1:
            self.first = self._now() - self.began
        if self.steps == self.plan.settled:
            self.settled = self._now()
        counted = self.steps - self.plan.settled
        if counted >= 2 and time.perf_counter() - self.settled > self.plan.seconds:
            self.speed = Speed(self.first, counted * self.plan.batch / (self._now() - self.settled))
            raise Enough

    def track(self, items: Iterable, title: str, state: State | None = None) -> Iterator:
        """As `istdbench.progress.Track`: counts what the engine calls its steps."""
        for item in items:
            if title.endswith("train"):
                self.step()
            yield item

    def _now(self) -> float:
        if self.plan.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def write_images(plan: Plan, folder: Path) -> Path:
    """A data set of synthetic scenes as files: all to train on but the last, which no training can do without."""
    data = synth(Spec("synth", options={"n": plan.images, "size": plan.side}))
    names = [name for part in data.splits()["official"].values() for name in part]
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for name in names:
        sample = data.load(name)
        Image.fromarray(sample.image.clip(0, 255).astype("uint8")).save(folder / "images" / f"{name}.png")
        Image.fromarray(sample.mask.astype("uint8") * 255).save(folder / "masks" / f"{name}.png")
    for part, of_part in {"train": names[:-1], "test": names[-1:]}.items():
        atomic_write(folder / f"{part}.txt", "\n".join(of_part) + "\n")
    return folder


def of_engine(job: Job, plan: Plan) -> Speed:
    watch = Watch(plan)
    try:
        train(job, device=plan.device.type, restart=True, track=watch.track)
    except Enough:
        return watch.speed
    raise RuntimeError(f"{job}: the training ended before it was timed")


def of_eager_engine(job: Job, plan: Plan) -> Speed:
    with patch.object(step, "find_recorder", lambda job, accelerator: None):
        return of_engine(job, plan)


def of_basicirstd(job: Job, plan: Plan, folder: Path) -> Speed:
    watch = Watch(plan)
    method = job.learned("there is nothing to train")
    network, total = method.build(**job.options).to(plan.device).train(), objective(job.protocol.training)

    def loss_of(images: Tensor, masks: Tensor) -> Tensor:
        seen = images.expand(-1, method.in_channels, -1, -1)
        return total(network(seen), seen, masks, 0)

    crops = basicirstd_loop.Crops(folder, job.train_names, plan.crop, mean=100.0, sd=35.0)
    try:
        for _ in basicirstd_loop.steps(network, loss_of, crops, plan.batch, plan.device):
            watch.step()
    except Enough:
        return watch.speed
    raise AssertionError("it never ends by itself")


def compare(name: str, plan: Plan, folder: Path) -> dict[str, str]:
    """A row of the table: what could not be timed says why, and the next network goes on."""
    changes = {
        "training.epochs": 1_000_000,
        "training.batch": plan.batch,
        "training.augmentation.crop": plan.crop,
    }
    job = make_job(parse_spec(name), parse_spec(f"folder:{folder}"), "basicirstd", 0, changes)
    row, speeds = {"": name}, {}
    # the engine first: it compiles what both need side by side, where the other would do it one after the other
    loops = {
        "engine": lambda: of_engine(job, plan),
        "eager": lambda: of_eager_engine(job, plan),
        "BasicIRSTD": lambda: of_basicirstd(job, plan, folder),
    }
    for who, measure in loops.items():
        try:
            speeds[who] = measure()
            row[f"{who}, crops/s"] = f"{speeds[who].crops_per_second:.1f}"
            row[f"{who}, first step"] = f"{speeds[who].first_step:.1f} s"
        except Exception as error:  # any network's fault is a cell of its row
            row[f"{who}, crops/s"] = f"{type(error).__name__}: {error}"[:120]
        gc.collect()
        if plan.device.type == "cuda":
            torch.cuda.empty_cache()
    for who in ("eager", "BasicIRSTD"):
        if {"engine", who} <= speeds.keys():
            row[f"to {who}"] = f"**{speeds['engine'].crops_per_second / speeds[who].crops_per_second:.2f} x**"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default=NETWORKS)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--seconds", type=float, default=5.0, help="that each training is watched once it is settled")
    parser.add_argument("--out", type=Path, help="Markdown file to write, after each network")
    parser.add_argument("--dry", action="store_true", help="one network, a few tiny steps on the CPU")
    options = parser.parse_args()
    plan, names = Plan(torch.device(options.device), seconds=options.seconds), options.methods.split(",")
    if options.dry:
        names = ["acm"]
        plan = Plan(torch.device("cpu"), images=4, side=64, crop=32, batch=2, seconds=0.0, settled=1)
    elif options.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("no CUDA device that PyTorch can use; --dry runs a few steps on the CPU")
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["ISTDBENCH_HOME"] = str(Path(scratch) / "home")
        folder = write_images(plan, Path(scratch) / "scenes")
        rows = []
        for name in names:
            rows.append(compare(name, plan, folder))
            print(*(f"{key}: {text}" if key else text for key, text in rows[-1].items()), sep="; ", flush=True)
            if options.out:
                atomic_write(options.out, tabulate(rows, headers="keys", tablefmt="github") + "\n")
    print(tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
