"""Metrics of each sequence: what a pooled number hides where one scene is easy and another is not.

Frames of one sequence show the same scene. So a pooled number of a thousand frames rests on few scenes: beside it stand
each sequence's own value, their mean, in which a long sequence weighs no more than a short one, and the worst of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, Protocol

from istdbench.lazy import numpy as np
from istdbench.metrics.counts import from_table
from istdbench.metrics.declared import FA, PD
from istdbench.metrics.metric import Metric, Ratio

FALSE_REGIONS_A_FRAME = Metric(
    name="false_regions_a_frame",
    label="False regions",
    summary="predicted regions that detect nothing over frames, with or without a target",
    higher_is_better=False,
    bounds=(0.0, math.inf),
    formula=Ratio(lambda image: image.false_regions, lambda image: 1),
    unit="a frame",
    extents=False,
    of_targets=False,
)
"""What a tracker behind the detector has to dismiss at each frame. It is told of sequences alone."""

OF_SEQUENCES = (PD, FA, FALSE_REGIONS_A_FRAME)
"""What is told of each sequence, in the order of the tables."""


class Kind(Protocol):
    """What is known of a set of images: a data set, or what a record says of it."""

    @property
    def sequences(self) -> int | bool | None: ...
    @property
    def truth(self) -> Literal["masks", "points"]: ...


Values = Mapping[str, float | None]
"""Metric name to value; None where it is undefined."""


def sequence_of(name: str) -> str:
    """The sequence of an image, by its name: the folder or TIFF that it is in.

    >>> sequence_of("a/b/0001")
    'a/b'
    """
    return str(PurePosixPath(name).parent)


def owners(kind: Kind, names: Iterable[str]) -> list[str] | None:
    """The sequence of each image, by which intervals and tests resample; None where images are single ones."""
    return [sequence_of(name) for name in names] if kind.sequences else None


def by_sequence(names: Iterable[str], table: np.ndarray) -> dict[str, dict[str, float | None]]:
    """Sequence to its number of `frames` and the value of each of `OF_SEQUENCES`, in the order of their names.

    Args:
        names: of the images.
        table: (n, 9) int64, their counts, see `istdbench.metrics.counts.to_table`.
    """
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(sequence_of(name), []).append(row)
    return {sequence: _values(table[rows[sequence]]) for sequence in sorted(rows)}


def mean(entry: Metric, sequences: Iterable[Values]) -> float:
    """The mean over the sequences in which a metric is defined; NaN where there is none."""
    found = _defined(entry, sequences)
    return math.fsum(found) / len(found) if found else math.nan


def worst(entry: Metric, sequences: Iterable[Values]) -> float:
    """The least good value of a metric among the sequences; NaN where it is defined in none."""
    return (min if entry.higher_is_better else max)(_defined(entry, sequences), default=math.nan)


def _values(table: np.ndarray) -> dict[str, float | None]:
    counts = from_table(table)
    found = {entry.name: entry.compute(counts) for entry in OF_SEQUENCES}
    return {"frames": len(counts), **{name: None if math.isnan(value) else value for name, value in found.items()}}


def _defined(entry: Metric, sequences: Iterable[Values]) -> Sequence[float]:
    return [value for each in sequences if (value := each.get(entry.name)) is not None]
