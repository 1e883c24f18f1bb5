"""The built-in metrics, registered as any plugin registers its own."""

from __future__ import annotations

from istdbench.metrics.reference import REFERENCE
from istdbench.metrics.spec import MetricEntry
from istdbench.plugins import hookimpl


@hookimpl
def register_metrics() -> list[MetricEntry]:
    """The metrics every record has."""
    return list(REFERENCE)
