"""What happens to a set: images without targets, and how its values are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from istdbench.audit.variant import Aggregation, Choice, Empty
from istdbench.metrics.counts import ImageCounts

SKIPPED = Empty("an empty image left empty is left out of nIoU", "skip")
ZERO = Empty("an empty image left empty has the IoU 0", "zero")


def _left_out(counts: ImageCounts) -> ImageCounts:
    return counts if counts.targets else replace(counts, pixels=0, false_pixels=0)


def _one_missed(counts: ImageCounts) -> ImageCounts:
    return counts if counts.targets else replace(counts, targets=1)


LEFT_OUT = Empty("images without targets do not enter Pd and Fa", "skip", _left_out)
ONE_MISSED = Empty("an image without targets counts as one missed target, and left empty as IoU 0", "zero", _one_missed)

ONCE: Choice[Aggregation] = Choice("sums over the set", lambda values: values)


def targets_kept(evaluations: int) -> Choice[Aggregation]:
    """Pd of the last of several evaluations of one model, where the number of targets grows with each."""

    def divide(values: Mapping[str, float]) -> Mapping[str, float]:
        return {**values, "Pd": values["Pd"] / evaluations}

    return Choice(f"targets of {evaluations} evaluations, detections of the last", divide)
