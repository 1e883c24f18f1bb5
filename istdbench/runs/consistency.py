"""Whether a record agrees with itself: its values with its table, its protocol with its hash."""

from __future__ import annotations

import math

from istdbench.errors import DataError, UsageError
from istdbench.metrics import METRIC_VERSION, ImageCounts
from istdbench.metrics.counts import from_table
from istdbench.protocols.protocol import hash_of_fields
from istdbench.registry import METRICS
from istdbench.results import MetricsInfo, Record, Store
from istdbench.runs.to_record import values_of
from istdbench.statistics import count_table


def recorded_counts(store: Store, record: Record) -> dict[str, ImageCounts]:
    """The counts of each image by its name, once the record has been found to agree with itself.

    Raises:
        DataError: its values, intervals, images or protocol are not what its table and hashes say, or its weights were
            trained on the part that it scores.
        UsageError: its metrics have another version here, or are not registered.
        IstdbenchError: the table is missing or was changed.
    """
    if record.trained_on_test:
        raise DataError(
            f"{record.path}: its weights were trained on part {record.dataset.part!r} of split "
            f"{record.dataset.split!r}, the very images that it scores; delete it"
        )
    frame = store.per_image(record)
    if record.metrics.version != METRIC_VERSION:
        raise UsageError(
            f"{record.path}: metric version {record.metrics.version}, and this istdbench computes version "
            f"{METRIC_VERSION}; verify it with the code that made it (revision {record.provenance.revision})"
        )
    if unknown := record.metrics.values.keys() - set(METRICS.names()):
        raise UsageError(f"{record.path}: metrics that are not registered here: {', '.join(sorted(unknown))}")
    counts = dict(zip(frame["name"], from_table(count_table(frame)), strict=True))
    now = MetricsInfo(version=METRIC_VERSION, **values_of(counts, METRICS.all(), record.dataset))
    if failing := record.metrics.values.keys() & now.failed.keys():
        told = "; ".join(f"{name}: {now.failed[name]}" for name in sorted(failing))
        raise UsageError(f"{record.path}: metrics that had a value fail here: {told}")
    wrong = _contradictions(record.metrics, now)
    wrong += ["number of images"] if len(counts) != record.dataset.images else []
    wrong += [] if hash_of_fields(record.protocol.config) == record.protocol.hash else ["protocol"]
    wrong += [] if _has_its_grids(record) else ["second grid"]
    if wrong:
        raise DataError(
            f"{record.path}: changed since it was written: {', '.join(wrong)} not as its own per-image table and "
            "hashes say; restore it, or delete it and run again"
        )
    return counts


def _has_its_grids(record: Record) -> bool:
    """Whether all metrics but the optional ones are there on the second grid that the protocol names, and no other."""
    optional = {entry.name for entry in METRICS.all() if entry.optional}
    scoring, second = record.protocol.config.get("scoring"), record.metrics.second_grid
    side = scoring.get("second_grid") if isinstance(scoring, dict) else None
    if second is None:
        return side is None
    return second.side == side and second.values.keys() == record.metrics.values.keys() - optional


def _contradictions(told: MetricsInfo, given: MetricsInfo) -> list[str]:
    """Names of values and intervals that are not those that the table gives."""
    values = [name for name, value in told.values.items() if given.values.get(name) != value]
    return values + [
        f"interval of {name}"
        for name, ends in told.intervals.items()
        # sums are matrix products, which round differently from one processor to the next
        if not _close(ends, given.intervals.get(name))
    ]


def _close(ends: tuple[float, float] | None, others: tuple[float, float] | None) -> bool:
    if ends is None or others is None:
        return ends is others
    return all(math.isclose(end, other, rel_tol=1e-9) for end, other in zip(ends, others, strict=True))
