"""Collectors of what score maps show beyond the metrics: curves, and every hit, miss and false alarm."""

from __future__ import annotations

from istdbench.datasets.dataset import Sample
from istdbench.datasets.targets import require_extents
from istdbench.metrics.breakdown import Findings, examine
from istdbench.metrics.counting import THRESHOLD
from istdbench.metrics.curves import Curves
from istdbench.scoring.loop import Maps


class CurveCollector:
    """Draws the curves of the images that it is shown."""

    def __init__(self) -> None:
        self.curves = Curves()

    def take(self, sample: Sample, maps: Maps) -> None:
        """Add one image; errors as `Collector.take`."""
        require_extents(sample, "a curve")
        self.curves.update(maps.score, sample.mask)


class FindingCollector:
    """Examines each image at one threshold; what it finds stands in `by_name`."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self.threshold = threshold
        self.by_name: dict[str, Findings] = {}

    def take(self, sample: Sample, maps: Maps) -> None:
        """Examine one image; errors as `Collector.take`."""
        require_extents(sample, "a breakdown by size")
        self.by_name[sample.name] = examine(sample.image, maps.score, sample.mask, threshold=self.threshold)
