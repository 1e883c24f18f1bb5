"""What a submission gives on the sealed track: a record of its own, since no split and no protocol makes the number."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from istdbench.errors import IstdbenchError
from istdbench.files import read_file, sha256_bytes
from istdbench.results.limit_point import LimitPoint
from istdbench.results.named_files import NamedRecord, examine_named, refuse_renamed, save_named
from istdbench.results.provenance import Provenance
from istdbench.results.record_parts import NameAsTyped, Part, first_fault

SEALED = "sealed"
"""The folder of these records, beside the records of runs."""
TRACK = 1
"""Version of the track: its scenes, grid and rule. Numbers of two versions cannot be compared."""
Whole = Annotated[int, Field(ge=0)]


def sealed_seed(commit: str, track: int = TRACK) -> int:
    """The seed of the scenes: the first 31 bits of SHA-256 over `istdbench sealed track TRACK COMMIT`.

    Args:
        commit: 40 hexadecimal digits, lower-case: of the commit that brought the submission in.

    >>> sealed_seed("0" * 40)
    238942393
    """
    return int(sha256_bytes(f"istdbench sealed track {track} {commit}".encode()), 16) >> (256 - 31)


class SealedPoint(Part):
    """Targets of one background, contrast and size; fields as of `istdbench.results.limit_point.LimitPoint`."""

    clutter: Literal["cloud", "sea"]
    scr: float
    sigma: float
    threshold: float
    targets: Whole
    detected: Whole
    fa: float

    @classmethod
    def of(cls, point: LimitPoint, clutter: str) -> SealedPoint:
        """A point as `istdbench limits` gives it, of one background; method and weights are those of the record."""
        own = {name: value for name, value in asdict(point).items() if name not in ("method", "weights")}
        return cls.model_validate({"clutter": clutter, **own})

    @property
    def pd(self) -> float:
        """Detected over targets; NaN without targets."""
        return self.detected / self.targets if self.targets else math.nan


class SealedRecord(NamedRecord):
    """One submission on scenes that did not exist until it was closed.

    Attributes:
        commit: that brought the submission in; with `track` it gives `seed`.
        submission: name of its bundle.
        record: key of the record that was handed in.
        weights_sha256: None of a method without weights.
        fa: false-alarm rate, a fraction, that the threshold of each point is chosen for on its validation images.
        images: test images a point.
    """

    schema_version: Literal[1] = 1
    track: int
    commit: str = Field(pattern=r"^[0-9a-f]{40}$")
    seed: int
    submission: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")
    author: bool
    method: NameAsTyped
    record: str
    weights_sha256: str | None
    fa: float
    images: int
    points: tuple[SealedPoint, ...]
    provenance: Provenance

    @model_validator(mode="after")
    def _can_be(self) -> SealedRecord:
        if self.seed != sealed_seed(self.commit, self.track):
            raise ValueError(f"seed {self.seed} is not that of commit {self.commit[:12]}…")
        if any(point.detected > point.targets for point in self.points):
            raise ValueError("more targets are detected than there are")
        return self

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"{self.submission}-{self.commit[:12]}.json"


def save_sealed(record: SealedRecord, out: Path) -> Path:
    """Write it into `out / SEALED`; errors as `save_named`."""
    return save_named(record, out / SEALED)


def examine_sealed(out: Path) -> tuple[list[SealedRecord], list[str]]:
    """Every sound sealed record under `out`, in the order of their file names, and what is wrong with the others."""
    return examine_named(_load, out / SEALED)


def _load(path: Path) -> SealedRecord:
    try:
        record = SealedRecord.model_validate_json(read_file(path))
    except OSError as error:
        raise IstdbenchError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise IstdbenchError(f"{path}: no sealed record ({first_fault(error)}); make it again") from error
    refuse_renamed(record, path, "make it again")
    return record
