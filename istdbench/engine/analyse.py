"""What score maps show beyond the metrics: curves over all thresholds, and every hit, miss and false alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from istdbench.datasets.base import Dataset
from istdbench.engine.evaluate import ScoreOf
from istdbench.errors import DataError
from istdbench.metrics.breakdown import Findings, examine
from istdbench.metrics.counts import THRESHOLD
from istdbench.metrics.curves import Curves


@dataclass(frozen=True)
class Analysis:
    """Curves of a set of images, and the findings of each at one threshold, by name."""

    curves: Curves
    findings: Mapping[str, Findings]


def analyse(score_of: ScoreOf, dataset: Dataset, names: Iterable[str], threshold: float = THRESHOLD) -> Analysis:
    """Look at each image once.

    Args:
        score_of: a predictor, or a reader of stored score maps.
        names: images of the data set.
        threshold: of the findings; the curves have all.

    Raises:
        DataError: an image cannot be read, or its score map does not fit; the message names the image.
    """
    curves, findings = Curves(), {}
    for name in names:
        sample = dataset.load(name)
        try:
            score = score_of(name, sample.image)
            curves.update(score, sample.mask)
            findings[name] = examine(sample.image, score, sample.mask, threshold=threshold)
        except DataError as error:
            raise DataError(f"{dataset.name}, {name}: {error}") from error
    return Analysis(curves, findings)
