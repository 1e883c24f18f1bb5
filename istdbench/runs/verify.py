"""Makes a recorded number again, and says whether it came out."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

from istdbench.errors import DataError, UsageError
from istdbench.jobs.job import Job
from istdbench.jobs.leaks import refuse_overlap
from istdbench.metrics import ImageCounts
from istdbench.progress import Track, silent
from istdbench.results import MetricsInfo, Provenance, Record, Store
from istdbench.runs.consistency import recorded_counts
from istdbench.runs.from_record import recorded_job, recorded_predictor, recorded_weights
from istdbench.runs.isolation import count_apart, is_apart
from istdbench.runs.supervised import Limits
from istdbench.runs.to_record import metrics_info, provenance
from istdbench.scoring.image_counts import Counts, score_job

TOLERANCE = 0.002
"""Relative change of a metric that another machine may make: a pixel whose score lies within rounding of the threshold
falls on the other side. Noise on the scores as of half precision (0.4 %) moved no metric of `baseline` on NUAA-SIRST by
more than 0.0007; a target lost or found moves Pd there by 0.009 and is no rounding."""
FLOOR = 1e-6
"""Absolute change that is always allowed elsewhere, for a metric at or near 0: a false pixel in a million."""
SURROUNDINGS = (
    "system",
    "cpu",
    "gpu",
    "device",
    "threads",
    "scan",
    "python",
    "torch",
    "numpy",
    "opencv",
    "istdbench",
    "revision",
)


@dataclass(frozen=True)
class Verification:
    """What came of a re-run.

    Attributes:
        elsewhere: what of machine, versions and code is not as it was, "torch: 2.8.0, now 2.9.1"; empty where a number
            must come out bit for bit.
        metrics: name to (recorded, now) of each metric that differs.
        images: name to count to (recorded, now) of each image that differs.
        tolerance: relative change that was allowed.
    """

    record: Record
    elsewhere: tuple[str, ...]
    metrics: dict[str, tuple[float, float]]
    images: dict[str, dict[str, tuple[int, int]]]
    tolerance: float

    @property
    def exact(self) -> bool:
        """Every count of every image is the same."""
        return not self.metrics and not self.images

    @property
    def allowed(self) -> bool:
        """Every metric is within the tolerance."""
        return all(within(self.tolerance, recorded, now) for recorded, now in self.metrics.values())

    @property
    def reproduced(self) -> bool:
        """The number came out again: bit for bit, or elsewhere within the tolerance."""
        return self.exact or (bool(self.elsewhere) and self.allowed)


def verify(
    store: Store,
    record: Record,
    *,
    weights: Path | None = None,
    maps: Path | None = None,
    device: str = "cpu",
    tolerance: float = TOLERANCE,
    apart: Limits | None = None,
    track: Track = silent,
) -> Verification:
    """Run a record's method again, with the same weights, data and protocol, and compare every count.

    Args:
        store: where the record is, with its per-image table.
        weights: the weights' file; None looks where trainings leave them and in the package's zoo.
        maps: the folder of the maps of a record of predictions; None looks at the one that the record names.
        apart: of the process of its own in which a method that is not built in predicts; None has all predict here.

    Raises:
        DataError: the record contradicts itself, or the data, or the maps of predictions, are missing or others.
        WeightsError: the weights are missing or others.
        UsageError: the method or a metric is not registered here, the tolerance is none, or
            maps are named for a record of a method that predicts.
        IstdbenchError: the method's options, its protocol or the metrics mean something else now.
    """
    if not 0 <= tolerance <= 1:
        raise UsageError(f"tolerance {tolerance:g}: a relative change from 0 to 1 is needed, such as 0.002")
    if maps is not None and record.predictions is None:
        raise UsageError(f"{record.path}: its method predicts again, whatever maps there are; leave --maps out")
    then = recorded_counts(store, record)
    job = recorded_job(record)
    if then.keys() != set(job.test_names):
        raise DataError(f"{record.path}: its per-image table is not of the test images of {job.dataset.name}")
    if apart is not None and is_apart(job, None):
        grids = _counted_apart(job, record, weights, device, apart, track)
    else:
        grids = score_job(job, recorded_predictor(record, job, weights, device, maps), track=track)
    now = grids[0].by_name
    told, values = on_every_grid(record.metrics), on_every_grid(metrics_info(grids, job.dataset))
    return Verification(
        record=record,
        elsewhere=_elsewhere(record.provenance, provenance(device)),
        metrics={name: (value, values[name]) for name, value in told.items() if not _same(value, values[name])},
        images={name: _differing(then[name], counts) for name, counts in now.items() if counts != then[name]},
        tolerance=tolerance,
    )


def _counted_apart(
    job: Job, record: Record, weights: Path | None, device: str, limits: Limits, track: Track
) -> list[Counts]:
    """As `score_job` of a method that predicts, in a process of its own."""
    file = None if record.weights is None else recorded_weights(record, job, weights)
    if file is not None:
        refuse_overlap(job, file, track)
    return count_apart(job, file, limits, device=device, track=track).grids


def within(tolerance: float, then: float, now: float) -> bool:
    """Whether a metric changed by no more than `tolerance`, relatively, or by `FLOOR`."""
    return _same(then, now) or math.isclose(then, now, rel_tol=tolerance, abs_tol=FLOOR)


def on_every_grid(metrics: MetricsInfo) -> dict[str, float]:
    """Every value by its metric's name, and those of a second grid by one that says so."""
    found = {name: metrics.value(name) for name in metrics.values}
    if (second := metrics.second_grid) is not None:
        found |= {f"{name} on {second.side} x {second.side}": second.value(name) for name in second.values}
    return found


def _same(then: float, now: float) -> bool:
    return then == now or (math.isnan(then) and math.isnan(now))


def _elsewhere(then: Provenance, now: Provenance) -> tuple[str, ...]:
    apart = [name for name in SURROUNDINGS if getattr(then, name) != getattr(now, name)]
    found = [f"{name}: {getattr(then, name)}, now {getattr(now, name)}" for name in apart]
    return (*found, *(["code: not as committed, then or now"] if then.dirty or now.dirty else []))


def _differing(then: ImageCounts, now: ImageCounts) -> dict[str, tuple[int, int]]:
    pairs = {name: (value, getattr(now, name)) for name, value in asdict(then).items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
