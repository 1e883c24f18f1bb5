"""Checkpoints of a training: a folder each, with the SHA-256 of every file in it.

A folder is written under a name that ends in `.tmp`, and renamed once it is on the disk; what is removed is renamed so
first. A kill at any moment leaves whole checkpoints, and rubbish that the next training clears away. A checkpoint that
was damaged later is known by its hashes.
"""

from __future__ import annotations

import io
import json
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from pydantic import BaseModel, TypeAdapter, ValidationError

from istdbench.errors import IstdbenchError
from istdbench.files import fix_of, sha256_bytes, sha256_file, sync_folder, write_to_disk

SECONDS_APART = 60.0
"""How much of a training a kill may cost."""
KEEP = 2
"""Checkpoints that are kept: the one before the newest stands in for it where it is damaged."""
RANDOM = "random"
"""Name of the random numbers' state among the tensors of a checkpoint inside an epoch."""
LABELS = "labels"
"""Name of the labels among the tensors of a checkpoint, where a training changes them."""
OPTIMIZER, PROGRESS, HASHES = "optimizer.pt", "progress.json", "sha256.json"
PARTIAL, REMOVED = ".tmp", ".removed.tmp"
"""Suffixes of what is being written and of what is being removed."""
Weights = dict[str, torch.Tensor]


class Progress(BaseModel):
    """How far a training is.

    Attributes:
        epoch: epochs that are complete.
        steps: that are done, those of an epoch that is not complete among them.
        seconds: time spent in training, over all of its sessions.
        history: one row an epoch: loss, learning rate, and validation metrics where they were taken.
        losses: of the steps of the epoch that is not complete.
    """

    epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
    history: list[dict[str, int | float | None]] = []
    losses: list[float] = []

    @property
    def place(self) -> str:
        """The name of its checkpoint; names sort as a training goes on."""
        return f"epoch-{self.epoch:05d}" + (f"-step-{len(self.losses):06d}" if self.losses else "")


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training, in one folder."""

    folder: Path

    def save(self, progress: Progress, networks: Mapping[str, Weights], optimizer: dict[str, Any]) -> None:
        """Write a checkpoint, in the place of a damaged one of the same step, and drop all but the newest `KEEP`.

        Args:
            networks: tensors by name, such as those of the network and of its moving average.

        Raises:
            IstdbenchError: the disk is full or the folder cannot be written; earlier checkpoints stay.
        """
        final = self.folder / progress.place
        partial = _named(final, PARTIAL)
        try:
            partial.mkdir(parents=True)
            for name, data in _files(progress, networks, optimizer).items():
                write_to_disk(partial / name, data)
            sync_folder(partial)
            if final.exists():
                _discard(final)
            partial.rename(final)
            sync_folder(self.folder)
            for old in self._complete()[:-KEEP]:
                _discard(old)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise IstdbenchError(
                f"checkpoint {final}: not written ({error.strerror or error}); {fix_of(error)}, or set ISTDBENCH_HOME "
                "to another folder; the same command then goes on from the last checkpoint"
            ) from error

    def load(self, device: str) -> tuple[Progress, dict[str, Weights], dict[str, Any]] | None:
        """The newest checkpoint that is whole, with a warning for each newer one; None where there is no checkpoint.

        Raises:
            IstdbenchError: there are some, and none is whole.
        """
        complete = self._complete()
        for path in reversed(complete):
            try:
                return _read(path, device)
            except OSError as error:
                damage = f"checkpoint {path} is damaged ({error.filename}: {error.strerror})"
            except ValueError as error:
                damage = f"checkpoint {path} is damaged ({error})"
            if path != complete[0]:
                warnings.warn(f"{damage}; the training goes on from the one before", stacklevel=2)
        if complete:
            raise IstdbenchError(
                f"{damage}, and no other is whole; bring it back, or begin anew with `istdbench train --restart`"
            )
        return None

    def any(self) -> bool:
        """Whether a training was stopped here: a finished one has removed its checkpoints."""
        return bool(self._complete())

    def remove(self) -> None:
        """Drop all checkpoints, when the weights they led to are safe."""
        if self.folder.exists():
            _discard(self.folder)

    def clear_up(self) -> None:
        """Remove what a kill left of a checkpoint half written or half removed."""
        for left in (_named(self.folder, REMOVED), *self.folder.glob(f"epoch-*{PARTIAL}")):
            shutil.rmtree(left, ignore_errors=True)

    def _complete(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("epoch-*") if path.suffix != PARTIAL)


def _files(progress: Progress, networks: Mapping[str, Weights], optimizer: dict[str, Any]) -> dict[str, bytes]:
    """The files of a checkpoint by name."""
    stored = io.BytesIO()
    torch.save(optimizer, stored)
    files = {f"{name}.safetensors": safetensors.torch.save(_plain(weights)) for name, weights in networks.items()}
    files |= {OPTIMIZER: stored.getvalue(), PROGRESS: progress.model_dump_json().encode()}
    hashes = {name: sha256_bytes(data) for name, data in files.items()}
    return files | {HASHES: json.dumps(hashes, indent=2).encode()}


def _plain(weights: Weights) -> Weights:
    """Laid out as safetensors takes them, and not with channels last."""
    return {name: tensor.contiguous() for name, tensor in weights.items()}


def _read(path: Path, device: str) -> tuple[Progress, dict[str, Weights], dict[str, Any]]:
    """A checkpoint; the optimizer's file is read without unpickling objects.

    Raises:
        OSError, ValueError: a file is missing, or is not as it was written.
    """
    try:
        hashes = TypeAdapter(dict[str, str]).validate_json((path / HASHES).read_bytes())
    except ValidationError as error:
        raise ValueError(f"{path / HASHES} holds no hashes") from error
    if not {OPTIMIZER, PROGRESS} < hashes.keys():
        raise ValueError(f"{path / HASHES} lacks files")
    for name, expected in hashes.items():
        if sha256_file(path / name) != expected:
            raise ValueError(f"{path / name} is not as it was written")
    progress = Progress.model_validate_json((path / PROGRESS).read_bytes())
    files = [path / name for name in hashes if name.endswith(".safetensors")]
    networks = {file.stem: safetensors.torch.load_file(file, device=device) for file in files}
    return progress, networks, torch.load(path / OPTIMIZER, map_location=device, weights_only=True)


def _named(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _discard(path: Path) -> None:
    """Rename, which is done or not, and then remove, which a kill may leave half done."""
    shutil.rmtree(path.rename(_named(path, REMOVED)), ignore_errors=True)
