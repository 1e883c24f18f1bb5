"""Curves over all thresholds, collected image by image as metrics are."""

from __future__ import annotations

import numpy as np

from istdbench.errors import UsageError
from istdbench.metrics.alarm_curve import AlarmCurve
from istdbench.metrics.counting import DISTANCE, check_maps
from istdbench.metrics.detection_curve import FA_LIMIT, DetectionCurve, Steps, detection_curve, detection_steps
from istdbench.metrics.pixel_curve import PixelCurve
from istdbench.metrics.sorted_scores import SortedScores

DEFINITIONS = {
    "Pd-Fa AUC": (
        f"mean over Fa from 0 to {FA_LIMIT:g} of the largest Pd of all thresholds with no more than that Fa; "
        "every distinct score is a threshold; Pd and Fa as in the reference metrics"
    ),
    "ROC AUC": "area under the pixels' true over false positive rate, by trapezoids, every distinct score",
    "AP": "average precision of pixels: sum of precision times rise of recall, every distinct score, no interpolation",
    "best IoU": "largest IoU of all pixels that any threshold gives, chosen on these images: a bound, not a result",
}
"""What the numbers of `Curves.values` are."""


class Curves:
    """Collects score maps and masks of a set of images.

    Exact: nothing is binned. Scores are kept as `SortedScores` has them, past some millions in a temporary file. Time
    is that of the component tree: 1 to 4 microseconds a pixel from 256 x 256 to 2048 x 2048, noise too, as
    `benchmarks/metrics.py` measures it; many times that where `max_tree` has no C library.
    Without an image there is no curve, but a UsageError.

    >>> mask = np.zeros((8, 8), dtype=bool)
    >>> mask[2:4, 2:4] = True
    >>> curves = Curves()
    >>> curves.update(np.where(mask, 0.9, 0.1), mask)
    >>> curves.values()["Pd-Fa AUC"], curves.values()["AP"]
    (1.0, 1.0)
    """

    def __init__(self, distance: float = DISTANCE) -> None:
        self.distance = distance
        self.alarms = AlarmCurve()
        self._scores = SortedScores()
        self._positives: list[np.ndarray] = []
        self._steps: list[Steps] = []
        self._targets = 0

    def update(self, score: np.ndarray, mask: np.ndarray) -> None:
        """Add one image.

        Args:
            score: (H, W), in [0, 1].
            mask: (H, W), bool, or numbers that are all 0 or 1.

        Raises:
            DataError: as `count_image`.
        """
        truth = check_maps(score, mask)
        steps, targets = detection_steps(score, truth, self.distance)
        self._steps.append(steps)
        self._targets += targets
        if not targets:
            self.alarms.add(score)
        self._scores.add(score)
        self._positives.append(score[truth])

    def detection(self) -> DetectionCurve:
        """Pd against Fa."""
        return detection_curve(self._steps, self._targets, self._all_scores())

    def pixels(self) -> PixelCurve:
        """ROC and precision-recall."""
        return PixelCurve(self._all_scores(), np.sort(np.concatenate(self._positives)))

    def values(self) -> dict[str, float]:
        """The curves in one number each, by the names of `DEFINITIONS`; NaN where one is undefined."""
        pixels = self.pixels()
        numbers = (self.detection().auc(), pixels.roc_auc(), pixels.average_precision(), pixels.best_iou()[1])
        return dict(zip(DEFINITIONS, numbers, strict=True))

    def _all_scores(self) -> SortedScores:
        if not len(self._scores):
            raise UsageError("no image to draw a curve of; call update for each image first")
        return self._scores
