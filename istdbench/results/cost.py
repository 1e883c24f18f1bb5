"""What a method costs at one image size: a record of its own, since no weights and no data go into it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, read_file
from istdbench.results.provenance import Provenance
from istdbench.results.record_parts import NameAsTyped, Part, ProbeValue
from istdbench.spec import Scalar, parse_spec

COSTS = "efficiency"
"""The folder of cost records, beside the records of runs."""


class CostRecord(Part):
    """One method probed at one size.

    Attributes:
        method: as typed.
        options: every option with its value.
        size: height and width of the image in pixels.
        probes: probe name to what it measured.
        notes: why a probe measured nothing.
    """

    schema_version: Literal[1] = 1
    method: NameAsTyped
    options: dict[str, Scalar]
    size: tuple[int, int]
    probes: dict[str, dict[str, ProbeValue]]
    notes: list[str] = Field([])
    provenance: Provenance

    def value(self, probe: str, name: str) -> ProbeValue | None:
        """What a probe measured, None where it measured nothing."""
        return self.probes.get(probe, {}).get(name)

    @property
    def file(self) -> str:
        """Its name in the folder of cost records, `<method>-<height>x<width>-<device>.json`."""
        return f"{parse_spec(self.method).slug}-{self.size[0]}x{self.size[1]}-{self.provenance.device}.json"


def save_cost(record: CostRecord, out: Path) -> Path:
    """Write a record into `out / COSTS`; one of the same method, size and device is replaced.

    Raises:
        IstdbenchError: it could not be written; what stood there before still does.
    """
    path = out / COSTS / record.file
    atomic_write(path, record.to_json())
    return path


def load_costs(out: Path) -> list[CostRecord]:
    """Every sound cost record under `out`, in the order of their file names; a warning names each of the others."""
    records, problems = examine_costs(out)
    for problem in problems:
        warnings.warn(f"left out: {problem}", stacklevel=2)
    return records


def examine_costs(out: Path) -> tuple[list[CostRecord], list[str]]:
    """Every sound cost record under `out`, in the order of their file names, and what is wrong with the others."""
    records, problems = [], []
    for path in sorted((out / COSTS).glob("*.json")):
        try:
            records.append(_load(path))
        except IstdbenchError as error:
            problems.append(str(error))
    return records, problems


def _load(path: Path) -> CostRecord:
    try:
        record = CostRecord.model_validate_json(read_file(path))
    except (OSError, ValidationError) as error:
        raise IstdbenchError(f"{path}: not a cost record; delete it and probe again") from error
    if record.file != path.name:
        raise IstdbenchError(f"{path}: its content belongs in {record.file}; delete it and probe again")
    return record
