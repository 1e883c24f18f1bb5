"""Detection limits of one method: a record of its own, since each of its points has data of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from istdbench.results.limit_point import LimitPoint
from istdbench.results.named_files import NamedRecord, examine_named, read_named, save_named, warn_left_out
from istdbench.results.provenance import Provenance
from istdbench.results.record_parts import NameAsTyped, ProtocolInfo
from istdbench.spec import Scalar, parse_spec

LIMITS = "limits"
"""The folder of these records, beside the records of runs."""


class LimitRecord(NamedRecord):
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
    """Write a record into `out / LIMITS`; one of the same method, data set, protocol, rate and seed is replaced; errors
    as `save_named`."""
    return save_named(record, out / LIMITS)


def load_limits(out: Path) -> list[LimitRecord]:
    """Every sound record of limits under `out`, in the order of their file names; a warning names each other."""
    records, problems = examine_named(
        lambda path: read_named(LimitRecord, path, "a record of detection limits", "measure again"), out / LIMITS
    )
    warn_left_out(problems)
    return records
