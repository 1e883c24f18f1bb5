"""Detection limits of one method: a record of its own, since each of its points has data of its own."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, read_file
from istdbench.results.limit_point import LimitPoint
from istdbench.results.provenance import Provenance
from istdbench.results.record_parts import NameAsTyped, Part, ProtocolInfo
from istdbench.spec import Scalar, parse_spec

LIMITS = "limits"
"""The folder of these records, beside the records of runs."""


class LimitRecord(Part):
    """One method on targets of several contrasts and sizes, at one false-alarm rate.

    Attributes:
        method: as typed.
        options: every option with its value.
        dataset: as typed, without the contrast and the size, which the points have.
        fa: the false-alarm rate that thresholds were chosen for, a fraction.
    """

    schema_version: Literal[1] = 1
    method: NameAsTyped
    options: dict[str, Scalar]
    dataset: NameAsTyped
    protocol: ProtocolInfo
    fa: float
    seed: int
    points: tuple[LimitPoint, ...]
    provenance: Provenance

    @property
    def file(self) -> str:
        """Its name in the folder of these records, `<method>-<data set>-<protocol>-fa<rate>-seed<seed>.json`."""
        names = (parse_spec(self.method).slug, parse_spec(self.dataset).slug, self.protocol.spec.slug)
        return f"{'-'.join(names)}-fa{self.fa:g}-seed{self.seed}.json"


def save_limits(record: LimitRecord, out: Path) -> Path:
    """Write a record into `out / LIMITS`; one of the same method, data set, protocol, rate and seed is replaced.

    Raises:
        IstdbenchError: it could not be written; what stood there before still does.
    """
    path = out / LIMITS / record.file
    atomic_write(path, record.to_json())
    return path


def load_limits(out: Path) -> list[LimitRecord]:
    """Every sound record of limits under `out`, in the order of their file names; a warning names each other."""
    records = []
    for path in sorted((out / LIMITS).glob("*.json")):
        try:
            records.append(_load(path))
        except IstdbenchError as error:
            warnings.warn(f"left out: {error}", stacklevel=2)
    return records


def _load(path: Path) -> LimitRecord:
    try:
        record = LimitRecord.model_validate_json(read_file(path))
    except (OSError, ValidationError) as error:
        raise IstdbenchError(f"{path}: not a record of detection limits; delete it and measure again") from error
    if record.file != path.name:
        raise IstdbenchError(f"{path}: its content belongs in {record.file}; delete it and measure again")
    return record
