"""ROC and precision-recall over pixels, at every distinct score.

Between two scores of mask pixels only false positives are added: the ROC runs level and recall stays. So the scores
of the mask's pixels, a few thousand, are the only thresholds that are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from istdbench.metrics.sorted_scores import SortedScores


@dataclass(frozen=True)
class PixelCurve:
    """Pixels of a set of images by their scores. Values are NaN where the set has no mask pixel, or nothing else.

    Attributes:
        scores: those of all pixels.
        positives: (p,) those of the mask's pixels, ascending.
    """

    scores: SortedScores
    positives: np.ndarray

    def at(self, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True and false positive pixels, each (k,) int64, of {score > t}."""
        true = len(self.positives) - np.searchsorted(self.positives, thresholds, side="right")
        return true, self.scores.above(thresholds) - true

    def at_or_above(self, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True and false positive pixels, each (k,) int64, of {score >= t}."""
        true = len(self.positives) - np.searchsorted(self.positives, thresholds, side="left")
        return true, self.scores.at_least(thresholds) - true

    def roc(self) -> tuple[np.ndarray, np.ndarray]:
        """False and true positive rate at the corners of the ROC, (k,) each, from (0, 0) to (1, 1).

        As scikit-learn's `roc_curve` with `drop_intermediate`; its points lie on straight lines between these.
        """
        levels = np.unique(self.positives)[::-1]
        above, from_level = self.at(levels), self.at_or_above(levels)
        true, false = (np.stack(pair, axis=1).ravel() for pair in zip(above, from_level, strict=True))
        positives, negatives = len(self.positives), len(self.scores) - len(self.positives)
        return _ratio(np.r_[0, false, negatives], negatives), _ratio(np.r_[0, true, positives], positives)

    def precision_recall(self) -> tuple[np.ndarray, np.ndarray]:
        """Precision and recall, (k,) each, at each distinct score v of a mask pixel, {score >= v}, from the highest.

        As scikit-learn's `precision_recall_curve`, at the thresholds where recall rises.
        """
        true, false = self.at_or_above(np.unique(self.positives)[::-1])
        return _ratio(true, true + false), _ratio(true, len(self.positives))

    def roc_auc(self) -> float:
        """Area under the ROC by trapezoids: the chance that a mask pixel scores above another, ties counted half.

        As scikit-learn's `roc_auc_score` (Mann-Whitney U; Hanley and McNeil, Radiology 143, 1982).
        """
        false, true = self.roc()
        return float((np.diff(false) * (true[1:] + true[:-1]) / 2).sum())

    def average_precision(self) -> float:
        """Area under precision-recall as the sum of precision times the rise of recall, without interpolation.

        As scikit-learn's `average_precision_score`.
        """
        if not len(self.positives):
            return float("nan")
        precision, recall = self.precision_recall()
        return float((precision * np.diff(recall, prepend=0)).sum())

    def best_iou(self) -> tuple[float, float]:
        """The threshold t, {score > t}, of the largest IoU over all pixels, and that IoU. NaN without mask pixels.

        Of all thresholds: where no mask pixel is added, the highest threshold is the best. Of equals, the highest.
        """
        if not len(self.positives):
            return float("nan"), float("nan")
        levels = np.unique(self.positives)[::-1]
        true, false = self.at_or_above(levels)
        iou = true / (len(self.positives) + false)
        best = int(iou.argmax())
        return float(self.scores.before(levels[best : best + 1])[0]), float(iou[best])


def _ratio(part: np.ndarray, whole: np.ndarray | int) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return part / whole
