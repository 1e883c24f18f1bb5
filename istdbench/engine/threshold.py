"""A threshold chosen on images that make no number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from istdbench.datasets.base import Dataset
from istdbench.engine.analyse import analyse
from istdbench.engine.evaluate import ScoreOf
from istdbench.engine.progress import Track, silent
from istdbench.errors import UsageError
from istdbench.metrics.curves import Curves

Criterion = Callable[[Curves], tuple[float, float]]
"""Of the curves of some images, the best threshold and the value it reaches there; NaN where there is no target."""


@dataclass(frozen=True)
class Chosen:
    """A threshold t, to be used as {score > t}.

    Attributes:
        value: of the criterion, on the images it was chosen on.
        images: how many those were.
    """

    threshold: float
    value: float
    images: int


def largest_iou(curves: Curves) -> tuple[float, float]:
    """The threshold of the largest IoU over all pixels."""
    return curves.pixels().best_iou()


def largest_pd(fa: float) -> Criterion:
    """The threshold of the largest Pd with at most this Fa (a fraction of 1); of equals, the one of the least Fa."""

    def best(curves: Curves) -> tuple[float, float]:
        curve = curves.detection()
        points = curve.best()
        allowed = curve.fa(points.false_pixels) <= fa
        return float(points.thresholds[allowed][-1]), float(curve.pd(points.detected[allowed][-1]))

    return best


def choose_threshold(
    score_of: ScoreOf,
    dataset: Dataset,
    criterion: Criterion,
    *,
    split: str | None = None,
    part: str = "val",
    track: Track = silent,
) -> Chosen:
    """The best threshold of all distinct scores on the validation images of a split.

    Args:
        split: None takes the data set's default.
        part: of the split; any that shares no image with its test part.

    Raises:
        UsageError: the part holds test images, or there is no such part.
        DataError: as `analyse`.
    """
    split = split or dataset.default_split
    names = dataset.names(split, part)
    shared = set(names) & set(dataset.splits()[split].get("test", ()))
    if part == "test" or shared:
        raise UsageError(
            f"{dataset.name}: part {part!r} of split {split!r} holds test images; a threshold that was chosen on them "
            "makes their number a bound and no result. Choose it on val or train"
        )
    threshold, value = criterion(analyse(score_of, dataset, track(names, f"threshold on {part}")).curves)
    return Chosen(threshold, value, len(names))
