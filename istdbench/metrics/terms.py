"""The reference metrics once more, as the terms that each image adds: a value is the sum of its parts over the sum of
its wholes.

`functional` says what each metric is; a test holds the two together. Sums of terms are what resampling needs: ten
thousand samples of images are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from istdbench.metrics.counts import ImageCounts

Terms = Callable[[np.ndarray], np.ndarray]
"""Maps a table of counts (n, 9), see `counts.to_table`, to parts and wholes (n, 2) float64."""


def _ratio(part: Callable[[ImageCounts], Any], whole: Callable[[ImageCounts], Any]) -> Terms:
    """Terms from two formulas, which see the columns of a table as the fields of `ImageCounts`."""

    def terms(table: np.ndarray) -> np.ndarray:
        columns = ImageCounts(*table.T)
        return np.stack([part(columns), whole(columns)], axis=1).astype(np.float64)

    return terms


iou = _ratio(lambda image: image.true_positive, lambda image: image.union)
niou = _ratio(lambda image: image.true_positive / np.maximum(image.union, 1), lambda image: image.union > 0)
probability_of_detection = _ratio(lambda image: image.detected, lambda image: image.targets)
false_alarm_rate = _ratio(lambda image: image.false_pixels, lambda image: image.pixels)
precision = _ratio(lambda image: image.true_positive, lambda image: image.true_positive + image.false_positive)
recall = _ratio(lambda image: image.true_positive, lambda image: image.true_positive + image.false_negative)
f1 = _ratio(lambda image: 2 * image.true_positive, lambda image: image.union + image.true_positive)
target_precision = _ratio(lambda image: image.detected, lambda image: image.regions)
target_f1 = _ratio(lambda image: 2 * image.detected, lambda image: image.targets + image.regions)
