"""Areas under binned curves, as two repositories make them. The exact curves are in `istdbench.metrics.curves`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.integrate import trapezoid

from istdbench.metrics.regions import find_regions

THRESHOLDS = np.arange(201) / 200


@dataclass(frozen=True)
class RocCounts:
    """One image at the 201 thresholds.

    Attributes:
        hits: (201,) int64, of `positives`.
        false: (201,) int64, of `negatives`.
    """

    hits: np.ndarray
    false: np.ndarray
    positives: int
    negatives: int


@dataclass(frozen=True)
class Roc:
    """How a curve is counted and divided.

    Attributes:
        count: from score map and mask (bool) of one image.
        added: what the source adds to both denominators so that they are never 0.
    """

    count: Callable[[np.ndarray, np.ndarray], RocCounts]
    added: float = 0.0

    def area(self, images: Sequence[RocCounts]) -> float:
        """Area by trapezoids between the smallest and the largest false-alarm rate reached; NaN if undefined."""
        positives = sum(image.positives for image in images) + self.added
        negatives = sum(image.negatives for image in images) + self.added
        if not positives or not negatives:
            return np.nan
        hits = np.sum([image.hits for image in images], axis=0) / positives
        false = np.sum([image.false for image in images], axis=0) / negatives
        return float(abs(trapezoid(hits, false)))


def of_pixels(score: np.ndarray, truth: np.ndarray) -> RocCounts:
    """True against false positive pixels; predicted is greater than the threshold."""
    inside, outside = score[truth], score[~truth]
    return RocCounts(_above(inside, side="right"), _above(outside, side="right"), inside.size, outside.size)


def of_overlapped_targets(score: np.ndarray, truth: np.ndarray) -> RocCounts:
    """Targets with a predicted pixel in them against background pixels; predicted is at least the threshold.

    An image without targets is left out.
    """
    targets = find_regions(truth)
    if not len(targets):
        return RocCounts(np.zeros(201, int), np.zeros(201, int), 0, 0)
    best = np.full(len(targets), -np.inf)
    np.fmax.at(best, targets.owners, score.ravel()[targets.pixels])
    background = score[~truth]
    return RocCounts(_above(best, side="left"), _above(background, side="left"), len(targets), background.size)


def _above(values: np.ndarray, side: str) -> np.ndarray:
    """How many values are above each threshold ("right"), or not below ("left"); NaN never is."""
    known = np.sort(values[~np.isnan(values)])
    return len(known) - np.searchsorted(known, THRESHOLDS, side=side)  # type: ignore[call-overload]
