"""What score maps show beyond the metrics: curves over all thresholds, and every hit, miss and false alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from istdbench.metrics.breakdown import Findings
    from istdbench.metrics.curves import Curves


@dataclass(frozen=True)
class Analysis:
    """Curves of a set of images, and the findings of each at one threshold, by name."""

    curves: Curves
    findings: Mapping[str, Findings]
