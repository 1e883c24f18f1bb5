"""The claims that are in the ledger: those of every release of weights, each under a name of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from istdbench.errors import UsageError
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


def sha256_of_release(record: Record) -> str | None:
    """Of the file that the weights behind a record were taken from; None where they were trained here."""
    imported = record.weights.training.get("imported") if record.weights else None
    return str(imported["sha256"]) if isinstance(imported, dict) else None
