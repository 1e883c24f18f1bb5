"""The zoo: weights that come with the package, an entry a folder.

`<data set>/<protocol>/<method>-seed<n>/` holds the weights, the record of their test, the learning curve (the
training's `log.csv`) and a model card, which `istdbench.committed.pages` writes from the other three. The folder of the
zoo itself, `istdbench/zoo`, holds such files alone, and no code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from istdbench.errors import IstdbenchError, WeightsError
from istdbench.files import sha256_file
from istdbench.jobs import weights
from istdbench.jobs.header import TrainingFacts, WeightsHeader
from istdbench.jobs.weights import WEIGHTS, described, read_header
from istdbench.lazy import pandas as pd
from istdbench.results import Record, read_record

if TYPE_CHECKING:
    from istdbench.protocols.protocol import Protocol

RECORD, CURVE, CARD = "record.json", "curve.csv", "README.md"


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
        """The weights' file."""
        return self.folder / WEIGHTS

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


def entries() -> list[Entry]:
    """Every entry, by folder."""
    return [Entry(folder) for folder in sorted(weights.ZOO.glob("*/*/*")) if folder.is_dir()]


def sound_entries() -> list[Entry]:
    """Every entry, once all of its files have been read.

    Raises:
        IstdbenchError: a file of one is missing or damaged.
    """
    found = entries()
    for entry in found:
        _ = (entry.training, entry.curve, entry.protocol)
    return found
