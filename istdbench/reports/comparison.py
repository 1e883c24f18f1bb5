"""Two records side by side: every metric with its difference, a test, and what that means in plain words."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from istdbench.errors import UsageError
from istdbench.lazy import numpy as np
from istdbench.lazy import pandas as pd
from istdbench.metrics.by_sequence import owners
from istdbench.metrics.metric import Metric, defined_on
from istdbench.plugins.guard import calling, told
from istdbench.results import Record
from istdbench.statistics import Paired, aligned, paired, summed
from istdbench.statistics.tables import count_backgrounds

NOTE = (
    "Interval: paired bootstrap (BCa) of the difference, over other images like these. p: permutation test on these "
    "images, how often exchanging the two methods gives a difference as large; each metric on its own. The sentences "
    "and the groups of leaderboards follow p. The two are made differently and may disagree: a sentence then says so, "
    "and the difference is open. Images needed: to show a difference as large as this one in four of five tries. All "
    "this is about these weights; another training seed is another matter."
)


@dataclass(frozen=True)
class Comparison:
    """Two records over the same images.

    Attributes:
        names: of the two, told apart.
        metrics: what was found, by metric; those without terms are left out, and optional ones that are undefined.
        backgrounds: images without a target (number).
    """

    first: Record
    second: Record
    metrics: Mapping[str, Paired]
    backgrounds: int = 0

    @property
    def units(self) -> str:
        """What is resampled, and what `Paired` counts: images, or whole sequences where these are frames of them."""
        return "sequences" if self.first.dataset.sequences else "images"

    @property
    def names(self) -> tuple[str, str]:
        """The methods; with their seeds, and at last their keys, where they are called the same."""
        forms = (
            lambda record: record.method.name,
            lambda record: f"{record.method.name} (seed {record.seed})",
            lambda record: f"{record.method.name} ({record.key[:8]})",
        )
        pairs = [(form(self.first), form(self.second)) for form in forms]
        return next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])


def compare(first: Record, second: Record, tables: Sequence[pd.DataFrame], entries: Iterable[Metric]) -> Comparison:
    """Compare two records image by image, or sequence by sequence where the images are frames of such.

    Args:
        tables: their per-image tables.

    Raises:
        UsageError: they are of another data set, split, protocol or metric version.
        DataError: the tables are not of the same images.
    """
    _check_same_setting(first, second)
    one, other = aligned(tables)
    own = owners(first.dataset, tables[0]["name"])
    allowed = defined_on(first.dataset.truth, entries)
    found = {entry.name: _paired(entry, one, other, own) for entry in allowed if entry.terms}
    kept = {name: pair for name, pair in found.items() if pair is not None}
    return Comparison(first, second, kept, count_backgrounds(tables[0]))


def _paired(entry: Metric, one: np.ndarray, other: np.ndarray, own: Sequence[str] | None) -> Paired | None:
    """The two compared by a metric; None where it is optional and undefined, or, with a warning, itself fails."""
    assert entry.terms is not None
    try:
        with calling(f"metric {entry.name}"):
            found = paired(summed(entry.terms(one), own), summed(entry.terms(other), own))
        return None if entry.optional and math.isnan(found.p_value) else found
    except Exception as error:  # a plugin may raise anything
        warnings.warn(f"metric {entry.name} failed: {told(error)}", stacklevel=3)
        return None


def sentence(entry: Metric, names: tuple[str, str], found: Paired, units: str = "images") -> str:
    """What a test says, for a person.

    Args:
        units: what was compared, see `Comparison.units`.
    """
    if math.isnan(found.p_value):
        return f"{entry.label}: cannot be compared; it is undefined for one of the two."
    chance = f"p = {found.p_value:.2g}{f', though {apart}' if (apart := disagreement(found)) else ''}"
    if found.shown:
        better = names[0] if (found.difference > 0) == entry.higher_is_better else names[1]
        return f"{entry.label}: {better} is better on these {found.images} {units} ({chance})."
    says = f"{entry.label}: no difference shown on {found.images} {units} ({chance})"
    if found.needed is None:
        return f"{says}; the two values are equal."
    return f"{says}; about {_about(found.needed)} would be needed."


def disagreement(found: Paired) -> str:
    """What the interval, which is made in another way than the p-value, says against it; "" where they agree."""
    if found.interval is None or math.isnan(found.p_value):
        return ""
    leaves_out_0 = not found.interval[0] <= 0 <= found.interval[1]
    if leaves_out_0 == found.shown:
        return ""
    return f"the interval {'leaves out' if leaves_out_0 else 'holds'} 0"


def _about(number: int) -> str:
    """Two significant digits: more would pretend to know."""
    digits = max(0, len(str(number)) - 2)
    return f"{math.ceil(number / 10**digits) * 10**digits:,}"


def _check_same_setting(first: Record, second: Record) -> None:
    looked_at = {
        "data set": lambda record: record.dataset.name,
        "data fingerprint": lambda record: record.dataset.fingerprint[:12],
        "split": lambda record: record.dataset.split,
        "split hash": lambda record: record.dataset.split_hash[:12],
        "part": lambda record: record.dataset.part,
        "protocol hash": lambda record: f"{record.protocol.hash[:12]} ({record.protocol.name})",
        "metric version": lambda record: record.metrics.version,
    }
    apart = [f"{what}: {get(first)} and {get(second)}" for what, get in looked_at.items() if get(first) != get(second)]
    if apart:
        raise UsageError(
            f"{first.path} and {second.path} cannot be compared; they differ in {'; '.join(apart)}. "
            "Run both methods on the same data by the same protocol"
        )
