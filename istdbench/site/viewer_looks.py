"""What one method did on each image, as the viewer draws it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.metrics.breakdown import examine
from istdbench.metrics.counting import above, count_matched
from istdbench.metrics.counts import ImageCounts
from istdbench.reports.html.pictures import Outlines, outlines
from istdbench.scoring.loop import Maps

COLOURS = cv2.COLORMAP_INFERNO
"""Of score maps: it brightens evenly, so that the greater of two scores is seen in grey as well."""


@dataclass(frozen=True)
class Look:
    """One method on one image.

    Attributes:
        missed: of each target, in raster order, as `istdbench.metrics.regions.find_regions` has them.
        score_map: a WebP file.
    """

    counts: ImageCounts
    missed: tuple[bool, ...]
    outlines: Outlines
    score_map: bytes

    def as_json(self) -> dict[str, object]:
        """What is drawn over the image: SVG path data, and centres of rings."""
        drawn = self.outlines
        return {
            "hit": drawn.hits,
            "miss": drawn.misses,
            "false": drawn.false_alarms,
            "rings": [[kind, round(x, 2), round(y, 2)] for kind, x, y in drawn.rings],
            "missed": self.missed,
        }


class LookCollector:
    """Looks at each image at one threshold, by the rules of the metrics; what it sees stands in `by_name`."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.by_name: dict[str, Look] = {}

    def take(self, sample: Sample, maps: Maps) -> None:
        """Look at one image; errors as `Collector.take`."""
        found = examine(sample.image, maps.score, sample.mask, threshold=self.threshold)
        predicted = above(maps.score, self.threshold)
        self.by_name[sample.name] = Look(
            count_matched(predicted, sample.mask, found.target_regions, found.predicted_regions, found.matches),
            tuple(not target.detected for target in found.targets),
            outlines(found, sample.mask.shape),
            webp(cv2.applyColorMap((maps.score * 255).round().astype(np.uint8), COLOURS)),
        )


def webp(picture: np.ndarray) -> bytes:
    """A picture uint8, (H, W) or (H, W, 3) in OpenCV's order of colours, as a WebP file without loss."""
    lossless = 101  # a quality beyond the last
    return cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, lossless])[1].tobytes()
