"""Thresholds: one that a person names, and one that is chosen on validation images, never on those to be scored."""

from __future__ import annotations

from istdbench.datasets.dataset import Dataset
from istdbench.errors import UsageError
from istdbench.progress import Track, silent
from istdbench.scoring.collectors import CurveCollector
from istdbench.scoring.loop import Predictor, score_images


def check_threshold(threshold: float) -> None:
    """Refuse a threshold that no score could be greater than, or that each would be.

    Raises:
        UsageError: it is not in [0, 1).
    """
    if not 0 <= threshold < 1:
        raise UsageError(
            f"threshold {threshold:g}: scores lie in [0, 1], and a target is where one is greater, so that it is at "
            "least 0 and less than 1; a level of 8 bits is to be divided by 255"
        )


def check_rate(fa: float) -> None:
    """Refuse a false-alarm rate that no threshold could keep.

    Raises:
        UsageError: it is not in [0, 1].
    """
    if not 0 <= fa <= 1:
        raise UsageError(f"false-alarm rate {fa:g}: it is a fraction of all pixels, such as 1e-5")


def choose_threshold(
    predict: Predictor,
    dataset: Dataset,
    fa: float,
    *,
    split: str | None = None,
    part: str = "val",
    track: Track = silent,
) -> float:
    """The threshold t, {score > t}, of the largest Pd with at most this Fa on the validation images of a split.

    Every distinct score is tried; of equals, the one of the least Fa is taken.

    Args:
        fa: a fraction of 1.
        split: None takes the data set's default.
        part: of the split; any that shares no image with its test part.

    Raises:
        UsageError: the part holds test images, there is no such part, or the rate is none.
        DataError: as `score_images`.
    """
    check_rate(fa)
    split = split or dataset.default_split
    names = dataset.names(split, part)
    shared = set(names) & set(dataset.splits()[split].get("test", ()))
    if part == "test" or shared:
        raise UsageError(
            f"{dataset.name}: part {part!r} of split {split!r} holds test images; a threshold that was chosen on them "
            "makes their number a bound and no result. Choose it on val or train"
        )
    collector = CurveCollector()
    score_images(predict, dataset, track(names, f"threshold on {part}"), collector)
    curve = collector.curves.detection()
    points = curve.best()
    return float(points.thresholds[curve.fa(points.false_pixels) <= fa][-1])
