"""IoU at the threshold that is best on the test images: what some papers report, and no result of a method."""

from __future__ import annotations

import math

import numpy as np

from istdbench.datasets.base import Dataset
from istdbench.engine.evaluate import ScoreOf
from istdbench.metrics.pixel_curve import PixelCurve
from istdbench.results import BestOnTest


class BestOnTestIoU:
    """Looks over a predictor's shoulder and keeps its scores: 4 bytes a pixel."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._scores: list[np.ndarray] = []
        self._positives: list[np.ndarray] = []

    def watch(self, score_of: ScoreOf) -> ScoreOf:
        """The same predictor, whose scores are kept."""

        def predict_and_keep(name: str, image: np.ndarray) -> np.ndarray:
            score = score_of(name, image)
            self._scores.append(score.flatten())
            self._positives.append(score[self.dataset.load(name).mask])
            return score

        return predict_and_keep

    def result(self) -> BestOnTest | None:
        """Over every distinct score as a threshold; None where no image has a target."""
        scores, positives = (np.sort(np.concatenate(parts)) for parts in (self._scores, self._positives))
        threshold, iou = PixelCurve(scores, positives).best_iou()
        # any threshold below all scores predicts every pixel, and JSON has no infinity
        return None if math.isnan(iou) else BestOnTest(threshold=max(threshold, -1.0), iou=iou)
