"""What came of a claim: a record of its own, since it is scored by another rule than the records of runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from istdbench.claims.claimed import Claimed
from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, read_file
from istdbench.results import DatasetInfo, Provenance
from istdbench.results.record_parts import MetricValue, Part, first_fault

CLAIMS = "claims"
"""The folder of these records, beside the records of runs."""


class Trial(Part):
    """One other way of scoring the same weights.

    Attributes:
        words: what was other, such as "split official, 86 images".
        values: metric name to what that gave.
    """

    words: str
    values: dict[str, MetricValue]


class ClaimRecord(Part):
    """A claim made again.

    Attributes:
        claim: its name in the ledger.
        weights_sha256: of the file that the authors released.
        rule: as in the claim.
        values: metric name to what the authors' weights give under the authors' rule; those that are claimed.
        targets: of all images together, on the grid of the rule.
        stretched: how many of the images have another size than the network's input, so that their maps and masks
            depend on how they are stretched.
        trained_on_common: how many of the common protocol's test images the weights were trained on.
        tried: what else was tried where a claim did not come out.
        seconds: of the processor, that its images took to predict and to score.
    """

    schema_version: Literal[1] = 1
    claim: str
    weights_sha256: str
    dataset: DatasetInfo
    rule: str
    values: dict[str, MetricValue]
    targets: int
    stretched: int
    trained_on_common: int
    tried: tuple[Trial, ...] = ()
    seconds: float
    provenance: Provenance

    def is_of(self, claimed: Claimed) -> bool:
        """Whether the claim is still what it was when this was made."""
        on, made = claimed.claim.on, self.dataset
        return (
            (on.dataset, on.split, on.part) == (made.name, made.split, made.part)
            and (claimed.release.sha256, claimed.claim.rule) == (self.weights_sha256, self.rule)
            and claimed.claim.values.keys() == self.values.keys()
        )


def save_claim(measured: ClaimRecord, out: Path) -> Path:
    """Write it into `out / CLAIMS`; an older one of the same claim is replaced.

    Raises:
        IstdbenchError: it could not be written; what stood there before still does.
    """
    path = out / CLAIMS / f"{measured.claim}.json"
    atomic_write(path, measured.to_json())
    return path


def examine_claims(out: Path, ledger: Iterable[Claimed]) -> tuple[dict[str, ClaimRecord], list[str]]:
    """What came of each claim, by its name, and what is wrong with files of it that are left out."""
    found, problems, known = {}, [], {claimed.name: claimed for claimed in ledger}
    for path in sorted((out / CLAIMS).glob("*.json")):
        try:
            measured = _load(path)
        except IstdbenchError as error:
            problems.append(str(error))
            continue
        if path.stem != measured.claim or path.stem not in known:
            problems.append(f"{path}: of no claim that the ledger has; delete it")
        elif not measured.is_of(known[path.stem]):
            problems.append(f"{path}: the claim is another by now; make it again with `istdbench claims --missing`")
        else:
            found[path.stem] = measured
    return found, problems


def _load(path: Path) -> ClaimRecord:
    try:
        return ClaimRecord.model_validate_json(read_file(path))
    except OSError as error:
        raise IstdbenchError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise IstdbenchError(f"{path}: no record of a claim ({first_fault(error)}); delete it") from error
