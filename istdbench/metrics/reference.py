"""The built-in metrics, and the version of their definitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from istdbench.metrics import functional, terms
from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.spec import MetricEntry

METRIC_VERSION = 1
"""Goes into every record. Add one with any change after which the same maps could give another count or another value
of a built-in metric: threshold, connectivity, centroid, matching, empty-image policy, a formula. A new metric, a
faster way to the same numbers, or another label changes nothing. Records of two versions never share a table."""

REFERENCE = (
    MetricEntry(
        name="IoU",
        label="IoU",
        summary="intersection over union of all pixels of the set",
        higher_is_better=True,
        compute=functional.iou,
        terms=terms.iou,
    ),
    MetricEntry(
        name="nIoU",
        label="nIoU",
        summary="mean of per-image IoU; an empty mask left empty is skipped",
        higher_is_better=True,
        compute=functional.niou,
        terms=terms.niou,
    ),
    MetricEntry(
        name="Pd",
        label="Pd",
        summary="targets with a predicted region nearer than 3 px, one to one, over targets",
        higher_is_better=True,
        compute=functional.probability_of_detection,
        terms=terms.probability_of_detection,
        interval="wilson",
    ),
    MetricEntry(
        name="Fa",
        label="Fa",
        summary="pixels of regions that detect nothing over all pixels",
        higher_is_better=False,
        compute=functional.false_alarm_rate,
        terms=terms.false_alarm_rate,
        scale=1e6,
        unit="1e-6",
    ),
    MetricEntry(
        name="precision",
        label="Precision",
        summary="right predicted pixels over predicted pixels",
        higher_is_better=True,
        compute=functional.precision,
        terms=terms.precision,
    ),
    MetricEntry(
        name="recall",
        label="Recall",
        summary="predicted mask pixels over mask pixels",
        higher_is_better=True,
        compute=functional.recall,
        terms=terms.recall,
    ),
    MetricEntry(
        name="F1",
        label="F1",
        summary="harmonic mean of pixel precision and recall",
        higher_is_better=True,
        compute=functional.f1,
        terms=terms.f1,
    ),
    MetricEntry(
        name="target_precision",
        label="Target precision",
        summary="predicted regions that detect a target over predicted regions",
        higher_is_better=True,
        compute=functional.target_precision,
        terms=terms.target_precision,
    ),
    MetricEntry(
        name="target_F1",
        label="Target F1",
        summary="harmonic mean of target precision and Pd",
        higher_is_better=True,
        compute=functional.target_f1,
        terms=terms.target_f1,
    ),
)


def summarise(counts: Sequence[ImageCounts], entries: Iterable[MetricEntry] = REFERENCE) -> dict[str, float]:
    """Value of each metric by name, for one set of images.

    >>> image = ImageCounts(10_000, 8, 0, 0, targets=1, detected=1, regions=2, false_regions=1, false_pixels=3)
    >>> summarise([image])["Pd"], summarise([image])["Fa"]
    (1.0, 0.0003)
    """
    return {entry.name: entry.compute(counts) for entry in entries}
