"""Metrics: formulas of per-image counts.

`counting` makes the counts of an image from its score map and mask, `stateful` has torchmetrics classes, and `curves`
has curves over all thresholds. These load OpenCV, scikit-image or PyTorch; the names below need NumPy alone.
"""

from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.declared import METRIC_VERSION, REFERENCE, summarise
from istdbench.metrics.metric import Metric, Ratio

__all__ = ["METRIC_VERSION", "REFERENCE", "ImageCounts", "Metric", "Ratio", "summarise"]
