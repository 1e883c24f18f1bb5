"""Counts of each image, on its own grid or on a square one where a paper scored, and the metrics that they give."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from istdbench.datasets.crops import stretch, stretch_mask
from istdbench.datasets.dataset import Dataset, Sample, Truth
from istdbench.datasets.targets import require_extents, require_targets
from istdbench.errors import IstdbenchError, PluginError
from istdbench.jobs.job import Job
from istdbench.metrics.counting import count_image
from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.metric import Metric, defined_on
from istdbench.plugins.guard import calling, told
from istdbench.plugins.state import undisturbed
from istdbench.progress import Track, silent
from istdbench.registry import BUILT_IN, METRICS
from istdbench.results.soundness import ROUNDING
from istdbench.scoring.loop import Collector, Maps, Predictor, score_images


class Counts:
    """Counts each image on one grid.

    On a square grid, a network's map comes straight from the grid that the network saw: where that is this grid,
    nothing is interpolated, as in the papers. Masks are stretched by nearest pixel.

    Attributes:
        threshold: a pixel is predicted where its score is greater than this.
        side: of a square grid in pixels; None is the image's own grid.
        by_name: what was counted so far.
    """

    def __init__(self, threshold: float, side: int | None = None) -> None:
        self.threshold, self.side = threshold, side
        self.by_name: dict[str, ImageCounts] = {}

    def take(self, sample: Sample, maps: Maps) -> None:
        """Count one image; errors as `Collector.take`."""
        score, mask = maps.score, sample.mask
        if self.side is not None:
            require_extents(sample, "a second grid")
            score, mask = np.clip(stretch(maps.raw, self.side), 0.0, 1.0), stretch_mask(mask, self.side)
        self.by_name[sample.name] = count_image(score, mask, threshold=self.threshold, points=sample.points)

    def warn_of_odd_maps(self, whose: str = "") -> None:
        """Warn where no pixel of any image was predicted, or most of all were: the metrics then say nothing about how
        good the maps are.

        Args:
            whose: what the warning begins with, where there are maps of several.
        """
        begin = f"{whose}: " if whose else ""
        if not any(counts.regions for counts in self.by_name.values()):
            told = f"{begin}no score is greater than {self.threshold:g} on any of {len(self.by_name)} images"
            warnings.warn(f"{told}, so that nothing is predicted", stacklevel=3)
        pixels = sum(counts.pixels for counts in self.by_name.values())
        # where centres alone are known, false regions are all that pixels are counted of
        found = self.by_name.values()
        predicted = sum(max(each.true_positive + each.false_positive, each.false_pixels) for each in found)
        if predicted > pixels / 2:
            told = f"{begin}{predicted / pixels:.0%} of all pixels are predicted to be targets"
            warnings.warn(f"{told}; are the maps inverted? A high score means a target", stacklevel=3)


def score_job(
    job: Job, predict: Predictor, *others: Collector, track: Track = silent, doing: str = "predict"
) -> list[Counts]:
    """Count a job's test images on the native grid, and on the second one where its protocol scores there too.

    Args:
        others: collectors that are shown each image too, once its map has been found fit to be counted.
        doing: what the progress says.

    Raises:
        DataError: no test image has a target, where the split is none of backgrounds, or as `score_images`.
    """
    rules = job.protocol.scoring
    grids = [Counts(rules.threshold, side) for side in dict.fromkeys((None, rules.second_grid))]
    if job.split not in job.dataset.backgrounds:
        require_targets(job.dataset, job.test_names, "score")
    names = track(job.test_names, f"{job.spec}: {doing}")
    score_images(predict, job.dataset, names, *grids, *others)
    return grids


def count_images(
    predict: Predictor, dataset: Dataset, names: Iterable[str], threshold: float
) -> dict[str, ImageCounts]:
    """Counts of each image on its own grid, by name.

    Raises:
        DataError: as `score_images`.
    """
    counts = Counts(threshold)
    score_images(predict, dataset, names, counts)
    return counts.by_name


class MetricValues(NamedTuple):
    """What the registered metrics came to.

    Attributes:
        values: by name; NaN where one is undefined.
        failed: by name, why a metric has no value: it raised, or returned no finite number.
    """

    values: dict[str, float]
    failed: dict[str, str]


def compute_metrics(
    counts: Mapping[str, ImageCounts], entries: Iterable[Metric], truth: Truth = "masks"
) -> MetricValues:
    """Each metric; one that fails takes no other with it, and an optional one is left out where it is undefined.

    Args:
        truth: on "points" the metrics that look at pixels of targets are undefined.
    """
    images, found = list(counts.values()), MetricValues({}, {})
    for entry in entries:
        try:
            with _around(entry.name):
                defined = bool(defined_on(truth, [entry]))
                value = _number(entry.compute(images), entry.bounds) if defined else math.nan
            if not (entry.optional and math.isnan(value)):
                found.values[entry.name] = value
        except IstdbenchError as error:
            found.failed[entry.name] = str(error)
        except Exception as error:  # a plugin may raise anything
            found.failed[entry.name] = told(error)
    return found


@contextmanager
def _around(metric: str) -> Iterator[None]:
    """A metric that a plugin registered may change what the next is computed with."""
    if metric not in METRICS.names() or METRICS.origin(metric) == BUILT_IN:
        yield
        return
    with undisturbed(f"metric {metric}"), calling(f"metric {metric}"):
        yield


def metric_values(counts: Mapping[str, ImageCounts], truth: Truth = "masks") -> dict[str, float]:
    """Every registered metric by name, NaN where it is undefined, which leaves an optional one out; one that fails is
    left out with a warning. `truth` is as of `compute_metrics`."""
    found = compute_metrics(counts, METRICS.all(), truth)
    for name, why in found.failed.items():
        warnings.warn(f"metric {name} failed: {why}", stacklevel=2)
    return found.values


def _number(value: object, bounds: tuple[float, float]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating) or math.isinf(value):
        raise PluginError(f"it returned {value!r}; return a finite number, or NaN where the value is undefined")
    if value < bounds[0] - ROUNDING or value > bounds[1] + ROUNDING:
        raise PluginError(f"it returned {value!r}, and is declared to lie in {bounds[0]:g} to {bounds[1]:g}")
    return float(value)
