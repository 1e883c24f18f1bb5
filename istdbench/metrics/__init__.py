"""Metrics: pure functions on per-image counts, and torchmetrics classes over them in `istdbench.metrics.stateful`."""

from istdbench.metrics.counts import ImageCounts, count_image
from istdbench.metrics.reference import METRIC_VERSION, REFERENCE, summarise
from istdbench.metrics.spec import MetricEntry

__all__ = ["METRIC_VERSION", "REFERENCE", "ImageCounts", "MetricEntry", "count_image", "summarise"]
