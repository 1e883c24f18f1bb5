"""The same score maps on a square grid beside the native one: where a paper scored, and never instead of it."""

from __future__ import annotations

import numpy as np

from istdbench.datasets.base import Dataset
from istdbench.datasets.crops import stretch, stretch_mask
from istdbench.engine.evaluate import metric_values
from istdbench.engine.job import Job
from istdbench.engine.predict import Observer, ignore
from istdbench.metrics.counts import to_table
from istdbench.metrics.stateful import ReferenceMetrics
from istdbench.registry import METRICS
from istdbench.results import GridInfo
from istdbench.statistics import intervals


class SecondGrid:
    """Scores maps on a grid of `side` x `side` pixels, as a predictor makes them.

    A network's map comes straight from the grid that the network saw: where that is this grid, nothing is interpolated,
    as in the papers. Masks are stretched by nearest pixel.
    """

    def __init__(self, dataset: Dataset, side: int, threshold: float) -> None:
        self.dataset, self.side = dataset, side
        self._metrics = ReferenceMetrics(threshold=threshold)
        self._done: list[str] = []

    def observe(self, name: str, score: np.ndarray) -> None:
        """Take in the score map (h, w) of an image, on any grid."""
        mask = stretch_mask(self.dataset.load(name).mask, self.side)
        self._metrics.update(np.clip(stretch(score, self.side), 0.0, 1.0), mask)
        self._done.append(name)

    def result(self) -> GridInfo:
        """Every metric and its interval on this grid."""
        counts = self._metrics.per_image()
        values = metric_values(dict(zip(self._done, counts, strict=True)))
        return GridInfo(side=self.side, values=dict(values), intervals=intervals(to_table(counts), METRICS.all()))


def second_grid(job: Job) -> SecondGrid | None:
    """The second grid of a job's protocol, or None."""
    rules = job.protocol.scoring
    return None if rules.second_grid is None else SecondGrid(job.dataset, rules.second_grid, rules.threshold)


def shown_to(second: SecondGrid | None) -> Observer:
    """What a predictor shows its score maps to."""
    return second.observe if second else ignore
