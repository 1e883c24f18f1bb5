"""Whether a record can be: its values within what each metric can be, its table one of counts that give the values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from istdbench.errors import DataError
from istdbench.lazy import numpy as np
from istdbench.metrics.alarms import ALARMS
from istdbench.metrics.by_sequence import by_sequence
from istdbench.metrics.counts import ImageCounts, from_table
from istdbench.metrics.declared import METRIC_VERSION, REFERENCE
from istdbench.results.record_parts import as_number
from istdbench.statistics.tables import count_table

if TYPE_CHECKING:
    import pandas as pd

    from istdbench.results.record import Record
    from istdbench.results.record_parts import GridInfo, MetricsInfo

DECLARED = {metric.name: metric for metric in (*REFERENCE, *ALARMS)}
ROUNDING = 1e-9
"""By which the sums of another processor may differ, relatively."""
IMPOSSIBLE: dict[str, Callable[..., np.ndarray]] = {
    "a count is negative": lambda image: np.minimum.reduce([*vars(image).values()]) < 0,
    "an image has no pixels": lambda image: image.pixels == 0,
    "more pixels are counted than an image has": lambda image: image.union > image.pixels,
    "more targets are detected than there are": lambda image: image.detected > image.targets,
    "more regions are false than there are": lambda image: image.false_regions > image.regions,
    "false regions are larger than their image": lambda image: image.false_pixels > image.pixels,
}
"""What no image can have, with a test of each image of a table of counts."""


def check_ranges(record: Record) -> None:
    """Find what no run can have given. Of the metrics of plugins nothing is known but that values are finite.

    Raises:
        DataError: a value is outside what its metric can be, an interval is no interval, or there are no images.
    """
    wrong = list(_out_of_range(record.metrics))
    if (second := record.metrics.second_grid) is not None:
        wrong += [f"{fault} on {second.side} x {second.side}" for fault in _out_of_range(second)]
    best = record.metrics.best_on_test
    if best is not None and not _within(DECLARED["IoU"].bounds, best.iou):
        wrong.append(f"the best IoU on test is {best.iou:g}")
    if record.dataset.images < 1:
        wrong.append(f"it is of {record.dataset.images} images")
    wrong += [
        f"{name} of probe {probe} is {value:g}"
        for probe in ("parameters", "flops")
        for name, value in record.probes.get(probe, {}).items()
        if not isinstance(value, str) and value < 0
    ]
    if wrong:
        raise DataError(f"no run gives this: {'; '.join(wrong)}")


def check_table(record: Record, frame: pd.DataFrame) -> None:
    """Find what is wrong with a record's table of counts per image.

    Raises:
        DataError: it has no whole counts of each image, counts that no image can have, or other images or sums than
            the record says.
    """
    table = count_table(frame)
    columns = ImageCounts(*table.T)
    wrong = [fault for fault, is_so in IMPOSSIBLE.items() if is_so(columns).any()]
    if len(frame) != record.dataset.images or frame["name"].nunique() != len(frame):
        wrong.append(f"it has {frame['name'].nunique()} images, and its record {record.dataset.images}")
    if not wrong and record.metrics.version == METRIC_VERSION:
        wrong += _wrong_sequences(record, frame["name"], table)
        counts = from_table(table)
        for name in (name for name in record.metrics.values if name in DECLARED):
            given, told = DECLARED[name].compute(counts), record.metrics.value(name)
            if not _alike(given, told):
                wrong.append(f"it gives {name} {given:g}, and not {told:g}")
    if wrong:
        raise DataError(f"not the table of this record: {'; '.join(wrong)}")


def _wrong_sequences(record: Record, names: Iterable[str], table: np.ndarray) -> list[str]:
    """What the values of each sequence have that the counts do not give."""
    told, known = record.metrics.by_sequence, record.dataset.sequences
    given = None if known is None else by_sequence(names, table)
    if given is None or told is None:
        return [] if given is told else ["only one of its data set and its values speaks of sequences"]
    if known != len(given) or told.keys() != given.keys():
        return [f"it has {len(given)} sequences, and its record {known} with values of {len(told)}"]
    return [
        f"sequence {name} has other values than its counts give"
        for name, values in given.items()
        if told[name].keys() != values.keys()
        or not all(_alike(as_number(values[each]), as_number(told[name][each])) for each in values)
    ]


def _alike(given: float, told: float) -> bool:
    return math.isclose(given, told, rel_tol=ROUNDING) or (math.isnan(given) and math.isnan(told))


def _out_of_range(grid: MetricsInfo | GridInfo) -> Iterator[str]:
    for name, value in grid.values.items():
        bounds = DECLARED[name].bounds if name in DECLARED else (-math.inf, math.inf)
        ends = grid.intervals.get(name)
        if value is not None and not _within(bounds, value):
            yield f"{name} is {value:g}, and lies in {bounds[0]:g} to {bounds[1]:g}"
        elif ends is not None and not (ends[0] <= ends[1] and all(_within(bounds, end) for end in ends)):
            yield f"the interval of {name} is {ends[0]:g} to {ends[1]:g}"


def _within(bounds: tuple[float, float], value: float) -> bool:
    return bounds[0] - ROUNDING <= value <= bounds[1] + ROUNDING
