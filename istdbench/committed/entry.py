"""The zoo: weights that come with the package, an entry a folder.

`<data set>/<protocol>/<method>-seed<n>/` holds the weights, the record of their test, the learning curve (the
training's `log.csv`) and a model card, which `istdbench.committed.pages` writes from the others. Where weights were
replaced, `replaced.txt` has a line for each that stood here before: its SHA-256, and why another was worth its bytes.
The folder of the zoo itself, `istdbench/zoo`, holds such files alone, and no code. In an installed package most weights
are fetched when they are first needed, see `istdbench.jobs.zoo_files`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from istdbench.errors import IstdbenchError, UsageError, WeightsError
from istdbench.files import is_leftover, remove_leftovers, sha256_file
from istdbench.jobs import zoo_files
from istdbench.jobs.header import TrainingFacts, WeightsHeader
from istdbench.jobs.weights import described, read_header
from istdbench.lazy import pandas as pd
from istdbench.locks import locked
from istdbench.results import Record, read_record
from istdbench.settings import home

if TYPE_CHECKING:
    from istdbench.protocols.protocol import Protocol

RECORD, CURVE, CARD, REPLACED = "record.json", "curve.csv", "README.md", "replaced.txt"
_REPLACED_LINE = re.compile("[0-9a-f]{64}  .+")


@dataclass(frozen=True)
class Entry:
    """One entry. Each file is read when it is first asked for; one that is missing or damaged raises an IstdbenchError.

    Attributes:
        folder: its own, under the zoo.
    """

    folder: Path

    @property
    def key(self) -> str:
        """The folder under the zoo: `<data set>/<protocol>/<method>-seed<n>`."""
        return "/".join(self.folder.parts[-3:])

    @property
    def weights(self) -> Path:
        """The weights' file, or where it will be once it was fetched."""
        return zoo_files.place(self.key)

    @cached_property
    def replaced(self) -> list[tuple[str, str]]:
        """SHA-256 of weights that stood here before, and why others took their place, the oldest first."""
        path = self.folder / REPLACED
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        if odd := [line for line in lines if not _REPLACED_LINE.fullmatch(line)]:
            raise IstdbenchError(f"{path}: {odd[0]!r} is no SHA-256 and reason; restore it from git")
        return [(line[:64], line[66:]) for line in lines]

    @cached_property
    def record(self) -> Record:
        """Of the test of these weights."""
        return read_record(self.folder / RECORD)

    @cached_property
    def protocol(self) -> Protocol:
        """The record's."""
        from istdbench.config import validated
        from istdbench.protocols.protocol import Protocol

        return validated(Protocol, self.record.protocol.config, f"{self.folder / RECORD}: its protocol")

    @cached_property
    def header(self) -> WeightsHeader:
        """What the weights say of themselves."""
        return read_header(self.weights)

    @property
    def training(self) -> TrainingFacts:
        """How the weights were made."""
        if self.header.training is None:
            raise WeightsError(f"{self.weights}: these weights were not trained by this package; take them out")
        return self.header.training

    @cached_property
    def curve(self) -> pd.DataFrame:
        """One row an epoch, as `istdbench.training.train` logs them."""
        path = self.folder / CURVE
        try:
            curve = pd.read_csv(path)
        except (OSError, ValueError) as error:
            raise IstdbenchError(f"{path}: no learning curve ({error}); add the entry again") from error
        if curve.empty or not {"epoch", "loss"} <= set(curve):
            raise IstdbenchError(f"{path}: no learning curve (no epoch with its loss); add the entry again")
        if curve.columns.has_duplicates or not all(dtype.kind in "if" for dtype in curve.dtypes):
            raise IstdbenchError(f"{path}: no learning curve (it holds more than numbers); add the entry again")
        return curve

    @property
    def seconds(self) -> float:
        """That the training took: as the learning curve says or, of weights of before, their header."""
        said = self.training.seconds
        if said is None and "seconds" not in self.curve:
            raise IstdbenchError(f"{self.folder / CURVE}: does not say how long the training took; add the entry again")
        return float(self.curve["seconds"].iloc[-1]) if said is None else said

    @cached_property
    def precision(self) -> Literal["float16", "float32"]:
        """Of the weights in their file; they are computed with in float32."""
        kinds = {tensor.get("dtype") for tensor in described(self.weights).values()}
        return "float16" if "F16" in kinds else "float32"

    @property
    def size(self) -> int:
        """Of the weights' file in bytes."""
        return self.weights.stat().st_size

    @cached_property
    def sha256(self) -> str:
        """Of the weights' file."""
        return sha256_file(self.weights)


@contextmanager
def locked_zoo() -> Iterator[None]:
    """Inside the block no other process writes to the zoo. What one that was killed was making is removed.

    Raises:
        UsageError: this is no checkout of the repository.
        IstdbenchError: ISTDBENCH_HOME cannot be written, or its file system has no locks.
    """
    refuse_installed()
    with locked(home() / "zoo.lock"):  # not in the zoo, which is published as it stands
        for folder in [zoo_files.ZOO, *filter(Path.is_dir, zoo_files.ZOO.rglob("*"))]:
            remove_leftovers(folder)
        yield


def refuse_installed() -> None:
    """The zoo is changed in a checkout of the repository alone.

    Raises:
        UsageError: this is none.
    """
    if not zoo_files.is_checkout():
        raise UsageError(
            f"{zoo_files.ZOO}: the zoo of an installed package is as it was published; clone the repository, "
            "`pip install -e .` there, and run this again"
        )


def entries() -> list[Entry]:
    """Every entry, by folder."""
    folders = sorted(zoo_files.ZOO.glob("*/*/*"))
    return [Entry(folder) for folder in folders if folder.is_dir() and not is_leftover(folder)]


def sound_entries() -> tuple[list[Entry], dict[Path, str]]:
    """The entries of which every file can be read, by folder, and what is wrong with the folder of each other."""
    found, broken = [], {}
    for entry in entries():
        try:
            _ = (entry.training, entry.curve, entry.protocol, entry.seconds, entry.replaced)
        except IstdbenchError as error:
            broken[entry.folder] = str(error)
        else:
            found.append(entry)
    return found, broken
