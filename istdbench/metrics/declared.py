"""The built-in metrics, each declared once: tables, intervals, tests and torchmetrics classes follow from these.

Unless it is said otherwise a ratio is of sums over the whole set; 0 / 0 is NaN, and so is each metric on no images.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from istdbench.errors import UsageError
from istdbench.lazy import numpy as np
from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.metric import Metric, Ratio

METRIC_VERSION = 1
"""Goes into every record. Add one with any change after which the same maps could give another count or another value
of a built-in metric: threshold, connectivity, centroid, matching, empty-image policy, a formula. A new metric, a
faster way to the same numbers, or another label changes nothing. Records of two versions never share a table."""

FRACTION = (0.0, 1.0)
"""The bounds of what is a part of a whole."""

EmptyPolicy = Literal["skip", "one", "zero"]

_ADDED_BY_EMPTY: dict[EmptyPolicy, tuple[int, int]] = {"skip": (0, 0), "one": (1, 1), "zero": (0, 1)}
"""What an image adds to part and whole of nIoU where its own IoU is 0 / 0."""


def niou(empty: EmptyPolicy = "skip") -> Ratio:
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
    if empty not in _ADDED_BY_EMPTY:
        raise UsageError(f"no nIoU policy {empty!r} for empty images; there are {', '.join(_ADDED_BY_EMPTY)}")
    part, whole = _ADDED_BY_EMPTY[empty]
    return Ratio(
        lambda image: np.where(image.union > 0, image.true_positive / np.maximum(image.union, 1), part),
        lambda image: np.where(image.union > 0, 1, whole),
    )


IOU = Metric(
    name="IoU",
    label="IoU",
    summary="intersection over union of all pixels of the set",
    higher_is_better=True,
    bounds=FRACTION,
    formula=Ratio(lambda image: image.true_positive, lambda image: image.union),
)
"""Large targets weigh more. What most repositories print as mIoU (Dai et al., ACM, WACV 2021). NaN when nothing is
predicted and the masks are empty."""

NIOU = Metric(
    name="nIoU",
    label="nIoU",
    summary="mean of per-image IoU; an empty mask left empty is skipped",
    higher_is_better=True,
    bounds=FRACTION,
    formula=niou("skip"),
)
"""Other codes treat empty images otherwise, see `niou`."""

PD = Metric(
    name="Pd",
    label="Pd",
    summary="targets with a predicted region nearer than 3 px, one to one, over targets",
    higher_is_better=True,
    bounds=FRACTION,
    formula=Ratio(lambda image: image.detected, lambda image: image.targets),
    interval="wilson",
    extents=False,
)
"""Probability of detection: recall at the level of targets. NaN without targets."""

FA = Metric(
    name="Fa",
    label="Fa",
    summary="pixels of regions that detect nothing over all pixels",
    higher_is_better=False,
    bounds=FRACTION,
    formula=Ratio(lambda image: image.false_pixels, lambda image: image.pixels),
    scale=1e6,
    unit="1e-6",
    extents=False,
    of_targets=False,
)
"""False-alarm rate, a fraction of all pixels."""

PRECISION = Metric(
    name="precision",
    label="Precision",
    summary="right predicted pixels over predicted pixels",
    higher_is_better=True,
    bounds=FRACTION,
    formula=Ratio(lambda image: image.true_positive, lambda image: image.true_positive + image.false_positive),
)
"""NaN when nothing is predicted."""

RECALL = Metric(
    name="recall",
    label="Recall",
    summary="predicted mask pixels over mask pixels",
    higher_is_better=True,
    bounds=FRACTION,
    formula=Ratio(lambda image: image.true_positive, lambda image: image.true_positive + image.false_negative),
)
"""NaN when all masks are empty."""

F1 = Metric(
    name="F1",
    label="F1",
    summary="harmonic mean of pixel precision and recall",
    higher_is_better=True,
    bounds=FRACTION,
    formula=Ratio(lambda image: 2 * image.true_positive, lambda image: image.union + image.true_positive),
)
"""2 IoU / (1 + IoU). NaN where IoU is."""

TARGET_PRECISION = Metric(
    name="target_precision",
    label="Target precision",
    summary="predicted regions that detect a target over predicted regions",
    higher_is_better=True,
    bounds=FRACTION,
    formula=Ratio(lambda image: image.detected, lambda image: image.regions),
    extents=False,
)
"""NaN when nothing is predicted. Recall of targets is Pd."""

TARGET_F1 = Metric(
    name="target_F1",
    label="Target F1",
    summary="harmonic mean of target precision and Pd",
    higher_is_better=True,
    bounds=FRACTION,
    formula=Ratio(lambda image: 2 * image.detected, lambda image: image.targets + image.regions),
    extents=False,
)
"""NaN with neither a target nor a predicted region."""

REFERENCE = (IOU, NIOU, PD, FA, PRECISION, RECALL, F1, TARGET_PRECISION, TARGET_F1)
"""All of them, in the order of the tables."""


def summarise(counts: Sequence[ImageCounts], entries: Iterable[Metric] = REFERENCE) -> dict[str, float]:
    """Value of each metric by name, for one set of images.

    >>> found = ImageCounts(65536, 100, 0, 0, targets=1, detected=1, regions=1, false_regions=0, false_pixels=0)
    >>> missed = ImageCounts(65536, 0, 0, 4, targets=1, detected=0, regions=0, false_regions=0, false_pixels=0)
    >>> values = summarise([found, missed])
    >>> round(values["IoU"], 4), values["nIoU"], values["Pd"], values["Fa"]
    (0.9615, 0.5, 0.5, 0.0)
    """
    return {entry.name: entry.compute(counts) for entry in entries}
