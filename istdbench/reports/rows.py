"""Which records share a table and which a row, and which rows cannot be told apart; every view starts here."""

from __future__ import annotations

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from istdbench.lazy import numpy as np
from istdbench.lazy import pandas as pd
from istdbench.metrics.by_sequence import owners
from istdbench.metrics.declared import IOU, PD
from istdbench.metrics.metric import Metric, defined_on
from istdbench.reports.notes import notes
from istdbench.results import Record
from istdbench.results.record_parts import ProbeValue
from istdbench.statistics import Interval, aligned, groups, summed

Known = Literal["masks", "points", "none"]
"""What is known of targets: their pixels, their centres alone, or that no image has one."""
TableOf = Callable[[Record], "pd.DataFrame"]
"""The per-image table of a stored record: `Store.per_image`."""
RECIPE = ("dataset", "fingerprint", "split", "part", "training_hash", "epochs")


@dataclass(frozen=True, order=True)
class Setting:
    """What all rows of one table have in common; numbers of two settings cannot be compared."""

    dataset: str
    protocol: str
    split: str
    part: str
    metric_version: int
    protocol_hash: str
    fingerprint: str
    split_hash: str
    images: int

    @property
    def title(self) -> str:
        """The table's heading."""
        return (
            f"{self.dataset}, protocol {self.protocol} ({self.protocol_hash[:12]}), split {self.split}, "
            f"{self.part} part, {self.images} images, metric version {self.metric_version}"
        )


@dataclass(frozen=True)
class Row:
    """Runs of one method that differ by nothing but the seed, lowest seed first."""

    runs: tuple[Record, ...]

    @property
    def method(self) -> str:
        """As typed; the shortest where a default was typed out in some of the runs."""
        return min((run.method.name for run in self.runs), key=lambda name: (len(name), name))

    @property
    def newest(self) -> Record:
        """The run made last: its probes stand for the row."""
        return max(self.runs, key=lambda run: (run.provenance.created, run.seed))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before comparing the row, as sentences; most rows have none."""
        return tuple(dict.fromkeys(note for run in self.runs for note in notes(run)))

    @property
    def date(self) -> str:
        """The day of the newest run, ISO 8601."""
        return self.newest.provenance.created[:10]

    @property
    def epochs(self) -> int | None:
        """Epochs that the weights were trained for; None for a classical method, or where they do not say."""
        epochs = _training(self.newest).get("epochs")
        return epochs if isinstance(epochs, int) else None

    def mean(self, metric: str) -> float:
        """Mean over the runs; NaN as soon as one of them is undefined."""
        return statistics.fmean(run.metrics.value(metric) for run in self.runs)

    @property
    def second_side(self) -> int | None:
        """Side of the second grid that every run was scored on too; None where they were not, or not on the same."""
        sides = {run.metrics.second_grid.side if run.metrics.second_grid else None for run in self.runs}
        return sides.pop() if len(sides) == 1 else None

    def second_mean(self, metric: str) -> float:
        """Mean over the runs on the second grid; NaN where there is none."""
        grids = [run.metrics.second_grid for run in self.runs]
        return statistics.fmean(grid.value(metric) if grid else math.nan for grid in grids)

    def deviation(self, metric: str) -> float | None:
        """Sample standard deviation over the runs (n - 1); None for a single run or an undefined mean."""
        if len(self.runs) < 2 or math.isnan(self.mean(metric)):
            return None
        return statistics.stdev(run.metrics.value(metric) for run in self.runs)

    def has(self, metric: str) -> bool:
        """Whether there is anything to show of a metric: a value, or that it failed."""
        return not math.isnan(self.mean(metric)) or self.has_failed(metric)

    def has_failed(self, metric: str) -> bool:
        """Whether the metric itself failed in one of the runs, so that it has no value."""
        return any(metric in run.metrics.failed for run in self.runs)

    def interval(self, metric: str) -> Interval | None:
        """95 % over images, or sequences; of several seeds the mean of theirs, since more seeds are not more images."""
        return _mean_ends([run.metrics.intervals.get(metric) for run in self.runs])

    def second_interval(self, metric: str) -> Interval | None:
        """As `interval`, on the second grid; None where there is none."""
        grids = [run.metrics.second_grid for run in self.runs]
        return _mean_ends([grid.intervals.get(metric) if grid else None for grid in grids])

    @property
    def best_on_test(self) -> float | None:
        """Mean IoU at the threshold best on test; None unless every run recorded it."""
        found = [run.metrics.best_on_test for run in self.runs]
        return statistics.fmean(best.iou for best in found if best) if all(found) else None

    def probe(self, probe: str, value: str) -> ProbeValue | None:
        """What a probe measured, None where it was not run."""
        return self.newest.probes.get(probe, {}).get(value)


@dataclass(frozen=True)
class Board:
    """One table, best row first.

    Attributes:
        prefix: of the names of the images that it shows, where it is of one data set of a union; "" shows all.
    """

    setting: Setting
    rows: tuple[Row, ...]
    prefix: str = ""

    def shown(self, entries: Sequence[Metric]) -> list[Metric]:
        """The metrics that have a column: all but the optional ones that none of these rows has and, where no image has
        a target, those that need one: they would be 0 whatever is predicted."""
        allowed = defined_on("none", entries) if self.truth == "none" else entries
        return [entry for entry in allowed if not entry.optional or any(row.has(entry.name) for row in self.rows)]

    @property
    def truth(self) -> Known:
        """What is known of the targets of its images; "none" where there is none."""
        return _truth(self.rows[0].newest)

    @property
    def sequences(self) -> int | None:
        """How many sequences its images are frames of; None where they are single ones."""
        return self.rows[0].newest.dataset.sequences

    def headlines(self, entries: Sequence[Metric], most: int) -> list[Metric]:
        """The first of the metrics that its images allow, and all optional ones that have a column, where there is no
        room for others."""
        defined = defined_on(self.truth, self.shown(entries))
        return [*defined[:most], *(entry for entry in defined[most:] if entry.optional)]

    @property
    def labels(self) -> tuple[str, ...]:
        """What tells the rows apart: the method, with the key of its newest run where several rows have it."""
        methods = [row.method for row in self.rows]
        return tuple(
            f"{row.method} ({row.newest.key[:8]})" if methods.count(row.method) > 1 else row.method for row in self.rows
        )


def boards(records: Iterable[Record], entries: Sequence[Metric]) -> list[Board]:
    """Records sorted into tables and rows; the order of `records` does not matter.

    Args:
        entries: the first one that the images allow, IoU, or Pd where only the centres of targets are known, orders
            the rows; then the name does.
    """
    tables: dict[Setting, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.path):
        tables[_setting(record)].append(record)
    return [Board(setting, _rows(tables[setting], entries)) for setting in sorted(tables)]


def row_groups(board: Board, entries: Sequence[Metric], table_of: TableOf) -> list[int | None]:
    """The group of each row by the metric that orders the rows, see `istdbench.statistics.groups`.

    A row of several seeds enters with its counts averaged over them, image by image, and frames of a sequence are taken
    as one. None where the metric is undefined, or has no terms to test.

    Raises:
        IstdbenchError: a table is missing, was changed, or is not of the same images.
    """
    entries = defined_on(board.truth, entries)
    if not entries or (terms_of := entries[0].terms) is None:
        return [None] * len(board.rows)
    runs = [run for row in board.rows for run in row.runs]
    frames = [table_of(run) for run in runs]
    own = owners(runs[0].dataset, frames[0]["name"])
    terms = iter([summed(terms_of(table), own) for table in aligned(frames)])
    return groups([np.mean([next(terms) for _ in row.runs], axis=0) for row in board.rows])


def _mean_ends(ends: Sequence[Interval | None]) -> Interval | None:
    if not all(ends):
        return None
    low, high = (statistics.fmean(values) for values in zip(*filter(None, ends), strict=True))
    return low, high


def _setting(record: Record) -> Setting:
    return Setting(
        dataset=record.dataset.name,
        protocol=record.protocol.name,
        split=record.dataset.split,
        part=record.dataset.part,
        metric_version=record.metrics.version,
        protocol_hash=record.protocol.hash,
        fingerprint=record.dataset.fingerprint,
        split_hash=record.dataset.split_hash,
        images=record.dataset.images,
    )


def _rows(records: Sequence[Record], entries: Sequence[Metric]) -> tuple[Row, ...]:
    entries = defined_on(_truth(records[0]), entries)
    same_but_seed: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        same_but_seed[_recipe(record)].append(record)
    rows: list[Row] = []
    for group in same_but_seed.values():
        rows += _runs(group)
    return sorted_rows(rows, entries)


def sorted_rows(rows: Iterable[Row], entries: Sequence[Metric]) -> tuple[Row, ...]:
    """Best row first by the first metric, then by name."""
    return tuple(sorted(rows, key=lambda row: (_rank(row, entries), row.method, row.newest.path)))


def _runs(group: Sequence[Record]) -> list[Row]:
    """One row of all seeds; one a run where a seed occurs twice, since those runs differ in more than it."""
    # the same weights, or maps, scored under several seeds are one run, not several
    distinct = {_scored(run): run for run in _by_seed(group, descending=True)}
    runs = _by_seed(distinct.values())
    if len({run.seed for run in runs}) == len(runs):
        return [Row(tuple(runs))]
    return [Row((run,)) for run in runs]


def _by_seed(runs: Iterable[Record], descending: bool = False) -> list[Record]:
    return sorted(runs, key=lambda run: (run.seed, run.path), reverse=descending)


def _scored(run: Record) -> object:
    """What tells the runs of one recipe apart: their weights and what the network was given to see, or their maps."""
    if run.predictions is not None:
        return tuple(run.predictions.identity)
    return (run.weights.sha256, run.weights.input) if run.weights else run.seed


def _recipe(record: Record) -> str:
    """The method with all its options, and how its weights were trained, without the seed.

    Weights that do not say how they were trained are no seed of any others.
    """
    spec = record.method.spec
    said = _training(record)
    training = {name: said.get(name) for name in RECIPE}
    if record.weights is not None and "training_hash" not in said:
        training["sha256"] = record.weights.sha256
    return json.dumps([spec.name, spec.argument, record.method.options, training], sort_keys=True)


def _training(record: Record) -> dict:
    return record.weights.training if record.weights else {}


def _truth(record: Record) -> Known:
    """As `Board.truth`: where there is no target, Pd is undefined and no predicted pixel can be right."""
    values = record.metrics.values
    no_targets = values.get(PD.name, 0.0) is None and not values.get(IOU.name)
    return "none" if no_targets else record.dataset.truth


def _rank(row: Row, entries: Sequence[Metric]) -> float:
    if not entries:
        return 0.0
    mean = row.mean(entries[0].name)
    if math.isnan(mean):
        return math.inf
    return -mean if entries[0].higher_is_better else mean
