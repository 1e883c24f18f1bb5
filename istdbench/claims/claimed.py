"""The claims that are in the ledger: those of every release of weights, each under a name of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from istdbench.errors import UsageError
from istdbench.registry import build_dataset
from istdbench.released.release import Claim, Release
from istdbench.released.releases import releases
from istdbench.results import Record
from istdbench.spec import parse_spec

if TYPE_CHECKING:
    from istdbench.audit.variant import Variant


@dataclass(frozen=True)
class Claimed:
    """One claim, and the release that it is made of."""

    release: Release
    claim: Claim

    @property
    def name(self) -> str:
        """What tells it from all others, and is a file name: `rpcanet-nuaa-on-nuaa-official-rpcanet`."""
        on = self.claim.on
        part = () if on.part == "test" else (on.part,)
        images = (parse_spec(on.dataset).slug, on.split, *part)
        return "-".join((self.release.spec.slug, self.release.name, "on", *images, self.claim.rule))

    @property
    def rule(self) -> Variant:
        """The authors' rule."""
        from istdbench.audit.variants import VARIANTS

        return next(variant for variant in VARIANTS if variant.name == self.claim.rule)


@cache
def ledger() -> tuple[Claimed, ...]:
    """Every claim, in the order in which the releases are declared."""
    return tuple(Claimed(release, claim) for release in releases() for claim in release.claims)


def chosen(only: str | None) -> tuple[Claimed, ...]:
    """The claims whose name holds a text; all where it is None.

    Raises:
        UsageError: no name does.
    """
    found = tuple(claimed for claimed in ledger() if only is None or only in claimed.name)
    if not found:
        names = ", ".join(claimed.name for claimed in ledger())
        raise UsageError(f"--only {only}: no claim has that in its name; there are {names}")
    return found


def common_records(records: Iterable[Record]) -> dict[tuple[str, str], Record]:
    """Those of released weights under the common protocol, which is the data set's own, by release and data set.

    Returns:
        Record by the SHA-256 of the file that was released, and the name of the data set.
    """
    return {
        (str(imported["sha256"]), record.dataset.name): record
        for record in records
        if record.weights is not None
        and isinstance(imported := record.weights.training.get("imported"), dict)
        and record.weights.source == "released"
        and record.protocol.name == build_dataset(record.dataset.spec).default_protocol
    }
