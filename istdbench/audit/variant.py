"""What a variant is: seven choices that lead from a score map and its mask to a number.

grid → normalisation → threshold → matching → false alarms      for each image
empty images → aggregation                                      for the set
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from istdbench.audit.roc import Roc, RocCounts
from istdbench.metrics.counting import above, count_matched
from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.declared import F1, FA, IOU, PD, EmptyPolicy, niou
from istdbench.metrics.regions import Regions, find_regions

STEPS = {
    "grid": "grid",
    "normalise": "normalisation",
    "threshold": "threshold",
    "matching": "matching",
    "false_alarms": "false alarms",
    "empty": "empty images",
    "aggregation": "aggregation",
}
"""The steps, in their order: field of `Variant`, and its name in reports."""


@dataclass(frozen=True)
class BinaryMaps:
    """One image after the threshold: two bool maps (H, W) and their regions."""

    predicted: np.ndarray
    truth: np.ndarray

    @cached_property
    def regions(self) -> Regions:
        """Predicted regions."""
        return find_regions(self.predicted)

    @cached_property
    def targets(self) -> Regions:
        """Regions of the mask."""
        return find_regions(self.truth)

    @cached_property
    def region_map(self) -> np.ndarray:
        """The predicted region of each pixel: (H, W) int64, -1 where there is none."""
        found = np.full(self.predicted.shape, -1, dtype=np.int64)
        found.ravel()[self.regions.pixels] = self.regions.owners
        return found


Grid = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Score map and mask (bool) on the grid where they are compared."""
Normalise = Callable[[np.ndarray], np.ndarray]
"""The score map rescaled; NaN where that is 0 / 0."""
Matching = Callable[[BinaryMaps], np.ndarray]
"""The predicted region that detects each target, -1 where missed: (targets,) int64. Targets may share a region."""
FalseAlarms = Callable[[BinaryMaps, np.ndarray], tuple[int, int]]
"""From the maps and the matches: false-alarm pixels, and the number of pixels that they are divided by."""
Aggregation = Callable[[Mapping[str, float]], Mapping[str, float]]
"""The values of a set, by name, as they are printed."""
Function = TypeVar("Function", covariant=True)


@dataclass(frozen=True)
class Choice(Generic[Function]):
    """How one step is done: in plain words, and as a function. Choices of the same words are the same."""

    words: str
    apply: Function = field(compare=False)


@dataclass(frozen=True)
class Threshold:
    """A pixel is predicted where its score is greater than `value`; for nIoU alone, greater than `niou`."""

    words: str
    value: float
    niou: float | None = None


@dataclass(frozen=True)
class Empty:
    """What images without targets do.

    Attributes:
        niou: as `istdbench.metrics.declared.niou`.
        adjust: the counts of an image as they enter the sums.
    """

    words: str
    niou: EmptyPolicy
    adjust: Callable[[ImageCounts], ImageCounts] = field(default=lambda counts: counts, compare=False)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A way of scoring. Two variants that differ in name alone give the same numbers.

    Attributes:
        source: the file that is restated: repository, path, commit.
        note: what else a reader should know, in a sentence or two.
        shows: names of the metrics that the source computes, of `IoU`, `nIoU`, `Pd`, `Fa`, `F1`, `AUC`.
        roc: how its AUC is made, where it has one.
    """

    name: str
    source: str
    shows: tuple[str, ...]
    note: str = ""
    grid: Choice[Grid]
    normalise: Choice[Normalise]
    threshold: Threshold
    matching: Choice[Matching]
    false_alarms: Choice[FalseAlarms]
    empty: Empty
    aggregation: Choice[Aggregation]
    roc: Roc | None = None

    def words(self, step: str) -> str:
        """How a step of `STEPS` is done, in plain words."""
        return getattr(self, step).words

    def judge(self, score: np.ndarray, mask: np.ndarray) -> Judged:
        """Count one image.

        Args:
            score: (H, W) in [0, 1].
            mask: (H, W) bool.
        """
        score, truth = self.grid.apply(score, mask)
        score = self.normalise.apply(score)
        counts = self._count(BinaryMaps(above(score, self.threshold.value), truth))
        own = self.threshold.niou
        alone = counts if own is None else self._count(BinaryMaps(above(score, own), truth))
        return Judged(counts, alone, None if self.roc is None else self.roc.count(score, truth))

    def values(self, images: Sequence[Judged]) -> dict[str, float]:
        """The metrics of a set by name; NaN where one is undefined."""
        counts = [image.counts for image in images]
        values = {metric.name: metric.compute(counts) for metric in (IOU, PD, FA, F1)}
        values["nIoU"] = niou(self.empty.niou)([image.alone for image in images])
        if self.roc is not None:
            values["AUC"] = self.roc.area([image.roc for image in images if image.roc is not None])
        return dict(self.aggregation.apply(values))

    def _count(self, maps: BinaryMaps) -> ImageCounts:
        matches = self.matching.apply(maps)
        false_pixels, pixels = self.false_alarms.apply(maps, matches)
        counts = count_matched(maps.predicted, maps.truth, maps.targets, maps.regions, matches)
        return self.empty.adjust(replace(counts, false_pixels=false_pixels, pixels=pixels))


@dataclass(frozen=True)
class Judged:
    """One image as a variant counts it.

    Attributes:
        counts: `pixels` are those that `false_pixels` are divided by.
        alone: of these the image's own IoU is made, for nIoU.
        roc: counts at all thresholds, where the variant has an AUC.
    """

    counts: ImageCounts
    alone: ImageCounts
    roc: RocCounts | None
