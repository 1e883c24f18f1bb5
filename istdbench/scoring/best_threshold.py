"""IoU at the threshold that is best on the test images: what some papers report, and no result of a method."""

from __future__ import annotations

import math

import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.datasets.targets import require_extents
from istdbench.metrics.pixel_curve import PixelCurve
from istdbench.metrics.sorted_scores import SortedScores
from istdbench.scoring.loop import Maps


class BestThreshold:
    """Keeps every score of the images, as `SortedScores` does."""

    def __init__(self) -> None:
        self._scores = SortedScores()
        self._positives: list[np.ndarray] = []

    def take(self, sample: Sample, maps: Maps) -> None:
        """Keep the scores of one image; errors as `Collector.take`."""
        require_extents(sample, "the best threshold, which IoU tells,")
        self._scores.add(maps.score)
        self._positives.append(maps.score[sample.mask])

    def found(self) -> tuple[float, float] | None:
        """The threshold, of every distinct score, and its IoU over all pixels; None where no image has a target."""
        threshold, iou = PixelCurve(self._scores, np.sort(np.concatenate(self._positives))).best_iou()
        # any threshold below all scores predicts every pixel, and JSON has no infinity
        return None if math.isnan(iou) else (max(threshold, -1.0), iou)
