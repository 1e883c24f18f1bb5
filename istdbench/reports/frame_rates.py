"""Alarms an hour at another frame rate than records have them: the same counts, shown for another camera."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.metrics.alarms import ALARMS_PER_HOUR, FRAME_RATE, alarms_per_hour
from istdbench.metrics.metric import Metric
from istdbench.results import Record


def metrics_at(frame_rate: float, entries: Sequence[Metric]) -> list[Metric]:
    """The metrics, with alarms an hour at this rate in frames a second.

    Raises:
        UsageError: the rate is no number greater than 0.
    """
    wanted = alarms_per_hour(frame_rate)
    return [wanted if entry.name == ALARMS_PER_HOUR.name else entry for entry in entries]


def record_at(frame_rate: float, record: Record) -> Record:
    """The record as it is shown at this rate: alarms an hour and their interval grow as the rate does.

    Raises:
        UsageError: the rate is no number greater than 0.
    """
    had, wanted, metrics = ALARMS_PER_HOUR.name, alarms_per_hour(frame_rate).name, record.metrics
    value, ends = metrics.values.get(had), metrics.intervals.get(had)
    if value is None:
        return record
    factor = frame_rate / FRAME_RATE
    shown = {
        "values": {**metrics.values, wanted: value * factor},
        "intervals": {**metrics.intervals, wanted: None if ends is None else (ends[0] * factor, ends[1] * factor)},
    }
    return record.model_copy(update={"metrics": metrics.model_copy(update=shown)})
