"""Checkpoints of a training: one folder each, renamed into place when whole, so that a kill leaves the one before."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from pydantic import BaseModel

from istdbench.errors import IstdbenchError

KEEP = 2
Weights = dict[str, torch.Tensor]


class Progress(BaseModel):
    """How far a training is.

    Attributes:
        epoch: epochs that are complete.
        steps: optimizer steps that are done.
        seconds: time spent in training, over all of its sessions.
        history: one row an epoch: loss, learning rate, and validation metrics where they were taken.
    """

    epoch: int = 0
    steps: int = 0
    seconds: float = 0.0
    history: list[dict[str, int | float | None]] = []


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training, in one folder."""

    folder: Path

    def save(self, progress: Progress, networks: Mapping[str, Weights], optimizer: dict[str, Any]) -> None:
        """Write a checkpoint and drop all but the newest `KEEP`.

        Args:
            networks: state dicts by name, such as the network and its moving average.

        Raises:
            IstdbenchError: the folder cannot be written; earlier checkpoints stay.
        """
        final = self.folder / f"epoch-{progress.epoch:05d}"
        partial = self.folder / f"{final.name}.tmp"
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            for name, weights in networks.items():
                safetensors.torch.save_file(weights, partial / f"{name}.safetensors")
            torch.save(optimizer, partial / "optimizer.pt")
            (partial / "progress.json").write_text(progress.model_dump_json())
            partial.rename(final)
        except OSError as error:
            raise IstdbenchError(
                f"checkpoint {final}: not written ({error}); free some space or set ISTDBENCH_HOME to a writable "
                "folder; the same command then goes on from the last checkpoint"
            ) from error
        for old in self._complete()[:-KEEP]:
            shutil.rmtree(old)

    def load(self, device: str) -> tuple[Progress, dict[str, Weights], dict[str, Any]] | None:
        """The newest complete checkpoint, or None. The optimizer's file is read without unpickling objects."""
        if not self.any():
            return None
        newest = self._complete()[-1]
        progress = Progress.model_validate_json((newest / "progress.json").read_text())
        files = sorted(newest.glob("*.safetensors"))
        networks = {path.stem: safetensors.torch.load_file(path, device=device) for path in files}
        optimizer = torch.load(newest / "optimizer.pt", map_location=device, weights_only=True)
        return progress, networks, optimizer

    def any(self) -> bool:
        """Whether a training was stopped here: a finished one has removed its checkpoints."""
        return bool(self._complete())

    def remove(self) -> None:
        """Drop all checkpoints, when the weights they led to are safe."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _complete(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("epoch-*") if path.suffix != ".tmp")
