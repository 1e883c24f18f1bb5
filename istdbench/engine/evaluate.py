"""From score maps and masks to per-image counts, and from counts to metric values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from istdbench.datasets.base import Dataset
from istdbench.errors import DataError
from istdbench.metrics import ImageCounts, summarise
from istdbench.metrics.stateful import ReferenceMetrics
from istdbench.registry import METRICS

ScoreOf = Callable[[str, np.ndarray], np.ndarray]
"""The score map (H, W) of an image, given its name and its gray image (H, W)."""


def count_images(score_of: ScoreOf, dataset: Dataset, names: Iterable[str], threshold: float) -> dict[str, ImageCounts]:
    """Counts of each image, by name.

    Args:
        score_of: a predictor, or a reader of stored score maps.
        names: images of the data set.
        threshold: a pixel is predicted where its score is greater than this.

    Raises:
        DataError: an image cannot be read, or its score map does not fit; the message names the image.
    """
    metrics, done = ReferenceMetrics(threshold=threshold), []
    for name in names:
        sample = dataset.load(name)
        try:
            metrics.update(score_of(name, sample.image), sample.mask)
        except DataError as error:
            raise DataError(f"{dataset.name}, {name}: {error}") from error
        done.append(name)
    return dict(zip(done, metrics.per_image(), strict=True))


def metric_values(counts: Mapping[str, ImageCounts]) -> dict[str, float]:
    """Every registered metric by name; NaN where it is undefined."""
    return summarise(list(counts.values()), METRICS.all())


def count_rows(counts: Mapping[str, ImageCounts]) -> Sequence[dict[str, int | str]]:
    """One row an image: its name and its counts."""
    return [{"name": name, **asdict(image)} for name, image in counts.items()]
