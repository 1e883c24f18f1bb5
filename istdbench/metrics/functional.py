"""The reference metrics as pure functions of per-image counts; a value that is 0 / 0 is NaN, never an exception."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

from istdbench.errors import UsageError
from istdbench.metrics.counts import ImageCounts, total

EmptyPolicy = Literal["skip", "one", "zero"]


def iou(counts: Sequence[ImageCounts]) -> float:
    """Intersection over union of the pixels of the whole set, so that large targets weigh more.

    What most repositories print as mIoU (Dai et al., ACM, WACV 2021). NaN when nothing is predicted and the masks are
    empty, on no images too.

    >>> found = ImageCounts(65536, 100, 0, 0, targets=1, detected=1, regions=1, false_regions=0, false_pixels=0)
    >>> missed = ImageCounts(65536, 0, 0, 4, targets=1, detected=0, regions=0, false_regions=0, false_pixels=0)
    >>> round(iou([found, missed]), 4), niou([found, missed])
    (0.9615, 0.5)
    """
    sums = total(counts)
    return _ratio(sums.true_positive, sums.union)


def niou(counts: Sequence[ImageCounts], empty: EmptyPolicy = "skip") -> float:
    """Mean of the images' own IoU (Dai et al., ACM, WACV 2021), so that each image weighs the same.

    An image with an empty mask and nothing predicted has the IoU 0 / 0, and `empty` says what it counts as:

    - "skip", the reference: left out of the mean. A perfect method then scores 1, one that predicts nothing scores 0
      however many images are empty, and a false alarm on an empty image still costs a 0. torchmetrics' MeanIoU agrees.
    - "one": a right answer counts as 1. On a set of mostly empty images, predicting nothing then scores near 1.
    - "zero": what the released code of ACM, RDIAN and UIU-Net computes. A right answer then counts as a false alarm.

    The three are equal where every mask has a target, as in NUAA-SIRST. NaN when no image is left.

    Raises:
        UsageError: `empty` is none of the three.
    """
    if empty not in get_args(EmptyPolicy):
        raise UsageError(f"no nIoU policy {empty!r} for empty images; there are {', '.join(get_args(EmptyPolicy))}")
    images = [image for image in counts if image.union or empty != "skip"]
    blank = 1.0 if empty == "one" else 0.0
    values = (image.true_positive / image.union if image.union else blank for image in images)
    return _ratio(math.fsum(values), len(images))  # fsum: the same whatever the order of the images


def probability_of_detection(counts: Sequence[ImageCounts]) -> float:
    """Pd: detected targets over targets; recall at the level of targets. NaN without targets."""
    sums = total(counts)
    return _ratio(sums.detected, sums.targets)


def false_alarm_rate(counts: Sequence[ImageCounts]) -> float:
    """Fa: pixels of the regions that detect nothing over all pixels, a fraction of 1. NaN on no images."""
    sums = total(counts)
    return _ratio(sums.false_pixels, sums.pixels)


def precision(counts: Sequence[ImageCounts]) -> float:
    """Predicted pixels that are right over predicted pixels, over the whole set. NaN when nothing is predicted."""
    sums = total(counts)
    return _ratio(sums.true_positive, sums.true_positive + sums.false_positive)


def recall(counts: Sequence[ImageCounts]) -> float:
    """Mask pixels that are predicted over mask pixels, over the whole set. NaN when all masks are empty."""
    sums = total(counts)
    return _ratio(sums.true_positive, sums.true_positive + sums.false_negative)


def f1(counts: Sequence[ImageCounts]) -> float:
    """Harmonic mean of precision and recall of pixels, 2 IoU / (1 + IoU). NaN where IoU is."""
    sums = total(counts)
    return _ratio(2 * sums.true_positive, sums.union + sums.true_positive)


def target_precision(counts: Sequence[ImageCounts]) -> float:
    """Predicted regions that detect a target over predicted regions. NaN when nothing is predicted."""
    sums = total(counts)
    return _ratio(sums.detected, sums.regions)


def target_f1(counts: Sequence[ImageCounts]) -> float:
    """Harmonic mean of target precision and Pd. NaN with neither a target nor a predicted region."""
    sums = total(counts)
    return _ratio(2 * sums.detected, sums.targets + sums.regions)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
