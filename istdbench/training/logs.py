"""Where else a training's epochs are logged, beside its `log.csv`: TensorBoard and Weights & Biases, where asked for.

A training that was stopped goes on in the same curves. An epoch is logged before its checkpoint is written, so that one
whose checkpoint is lost is trained, and logged, again: TensorBoard then drops the first of the two, and wandb the
second.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from istdbench.errors import UsageError
from istdbench.files import atomic_write
from istdbench.jobs.job import Job
from istdbench.protocols.changes import training_slug
from istdbench.settings import home

Row = Mapping[str, int | float | None]
"""What an epoch came to, as a row of `log.csv`."""

PACKAGES = {"tensorboard": "istdbench[logs]", "wandb": "wandb"}
"""What to install for each log."""


class Log(Protocol):
    """Takes the rows of a training, one an epoch."""

    def add(self, row: Row) -> None:
        """Log an epoch."""

    def close(self) -> None:
        """Write what is left to write."""


def training_folder(job: Job) -> Path:
    """Where the checkpoints and the logs of a job are while it trains, and the logs after."""
    return home() / "training" / job.dataset_slug / training_slug(job.protocol.name) / job.slug


def logs_of(job: Job) -> list[Path]:
    """The logs that a training of the job has left here: files and folders."""
    folder = training_folder(job)
    return [path for path in (folder / "log.csv", *(folder / name for name in PACKAGES)) if path.exists()]


def check_logs(names: Iterable[str]) -> None:
    """Refuse a log that there is not, before any work is done.

    Raises:
        UsageError: an unknown name, or a package that is not installed.
    """
    for name in names:
        if name not in PACKAGES:
            raise UsageError(f"no log {name!r}; there are: {', '.join(PACKAGES)}, and log.csv always")
        if find_spec(name) is None:
            raise UsageError(f"log {name}: its package is not installed; pip install '{PACKAGES[name]}'")


def open_logs(names: Iterable[str], job: Job, epochs: int) -> list[Log]:
    """The logs of a job's training.

    Args:
        epochs: how many are complete; logs that are there go on after them.

    Raises:
        UsageError: wandb does not know its user.
    """
    kinds: Mapping[str, Callable[[Job, int], Log]] = {"tensorboard": TensorBoard, "wandb": WeightsAndBiases}
    return [kinds[name](job, epochs) for name in names]


class TensorBoard:
    """Event files in `tensorboard/` beside the log."""

    def __init__(self, job: Job, epochs: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(training_folder(job) / "tensorboard"), purge_step=epochs + 1)

    def add(self, row: Row) -> None:
        for name, value in _values(row).items():
            self._writer.add_scalar(name, value, global_step=int(row["epoch"] or 0))
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class WeightsAndBiases:
    """A run of the project `istdbench`, by wandb's own settings, such as WANDB_MODE=offline."""

    def __init__(self, job: Job, epochs: int) -> None:
        import wandb

        folder = training_folder(job)
        id_file = folder / "wandb" / "id.txt"
        if not epochs or not id_file.is_file():
            atomic_write(id_file, uuid.uuid4().hex)
        settings = {"method": str(job.spec), "dataset": job.dataset.name, "seed": job.seed}
        try:
            self._run = wandb.init(
                project="istdbench",
                name=str(job),
                id=id_file.read_text(),
                resume="allow",
                dir=str(folder),
                config=settings | job.protocol.model_dump(mode="json"),
            )
        except wandb.Error as error:
            raise UsageError(f"log wandb: {error}; or keep its log here alone, with WANDB_MODE=offline") from error

    def add(self, row: Row) -> None:
        self._run.log(_values(row), step=row["epoch"])

    def close(self) -> None:
        self._run.finish()


def _values(row: Row) -> dict[str, int | float]:
    return {name: value for name, value in row.items() if value is not None and name not in ("epoch", "step")}
