"""False alarms on backgrounds at every threshold, exactly and in one pass over the score maps.

A region of {score > t} is there while `below <= t < level`, see `find_components`. So the regions of all backgrounds at
t are those whose level is above t, less those whose lower end is: two binary searches in sorted numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from istdbench.metrics.component_tree import find_components
from istdbench.metrics.sorted_scores import SortedScores


@dataclass
class AlarmCurve:
    """Regions on images without a target, each of which is false, and the images that have any.

    Attributes:
        backgrounds: images (number).
    """

    backgrounds: int = 0
    _levels: SortedScores = field(default_factory=SortedScores)
    _ends: SortedScores = field(default_factory=SortedScores)
    _highest: SortedScores = field(default_factory=SortedScores)

    def add(self, score: np.ndarray) -> None:
        """Add the score map (H, W) of an image without a target.

        Raises:
            UsageError: as `SortedScores.add`.
        """
        components = find_components(score)
        self._levels.add(components.level)
        self._ends.add(components.below)
        self._highest.add(score.max(keepdims=True).astype(np.float64))
        self.backgrounds += 1

    def at(self, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """False regions and alarmed images, each (k,) int64, at thresholds (k,), compared as by `counting.above`."""
        if not self.backgrounds:
            none = np.zeros(len(thresholds), dtype=np.int64)
            return none, none
        return self._levels.above(thresholds) - self._ends.above(thresholds), self._highest.above(thresholds)
