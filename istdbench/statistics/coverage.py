"""What is known of the 95 % intervals: how often they hold the truth, measured, and which rest on too few images."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.lazy import numpy as np
from istdbench.metrics.declared import IOU
from istdbench.metrics.metric import Metric
from istdbench.statistics.clusters import summed

FEW = {"IoU": 100, "nIoU": 15, "Fa": 15}
"""An interval that rests on fewer images is marked; metrics that are not named have IoU's number.

By the rule of `fewest` in `benchmarks/intervals.py`, the last line that `python benchmarks/intervals.py`
prints: the fewest images from which on an interval held the truth in at least 90 % of sets, in every row of the second
table, so that it fails at most twice as often as it says.
"""

MEASURED = (
    "Drawn from the per-image tables of committed records, sets of 10, 20, 30, 43, 86 and 201 images got intervals "
    "that held the true value in 79, 84, 87, 87, 90 and 93 % (IoU), 88, 91, 92, 93, 93 and 95 % (nIoU), 94, 92, 92, "
    "89, 90 and 91 % (Pd), 83, 87, 85, 87, 91 and 93 % (Fa)"
)
"""The first table of the same run, column "shown": the mean over worlds in whole percents, rounded down.

Some worlds are worse. The lowest that was seen on 86 images is 81 % (IoU), 90 % (nIoU), 65 % (Pd), and 67 % (Fa), where
one image in hundreds holds most false pixels. Of the other intervals that were tried none held 95 % everywhere either;
the nearest is Student's t on the logit scale, with 83 % (IoU) and 93 % (nIoU) on 10 images.
"""


MARK = " (few)"
"""What stands behind an interval that rests on few images."""


def least(entry: Metric) -> int:
    """How many images must carry a metric's interval, not to be few."""
    return FEW.get(entry.name, FEW[IOU.name])


def rests_on_few(entry: Metric, table: np.ndarray, owners: Sequence[str] | None = None) -> bool:
    """Whether fewer than `least` images, or sequences of them, carry a metric's interval: have a part that is not 0.

    Never so for Wilson's, which counts targets.

    Args:
        table: (n, 9) int64, counts of one image a row.
        owners: as `istdbench.statistics.intervals.intervals`.
    """
    if entry.terms is None or (entry.interval == "wilson" and not owners):
        return False
    return bool(np.count_nonzero(summed(entry.terms(table), owners)[:, 0]) < least(entry))
