"""What a method costs at one image size: a record of its own, since no weights and no data go into it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from istdbench.results.named_files import NamedRecord, examine_named, read_named, save_named, warn_left_out
from istdbench.results.provenance import Provenance
from istdbench.results.record_parts import NameAsTyped, ProbeValue
from istdbench.spec import Scalar, parse_spec

COSTS = "efficiency"
"""The folder of cost records, beside the records of runs."""


class CostRecord(NamedRecord):
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
    """Write a record into `out / COSTS`; one of the same method, size and device is replaced. Errors: `save_named`."""
    return save_named(record, out / COSTS)


def load_costs(out: Path) -> list[CostRecord]:
    """Every sound cost record under `out`, in the order of their file names; a warning names each of the others."""
    records, problems = examine_costs(out)
    warn_left_out(problems)
    return records


def examine_costs(out: Path) -> tuple[list[CostRecord], list[str]]:
    """Every sound cost record under `out`, in the order of their file names, and what is wrong with the others."""
    return examine_named(lambda path: read_named(CostRecord, path, "a cost record", "probe again"), out / COSTS)
