"""From a score map to detections: the regions that the metrics count, each with its place, size and score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from istdbench.metrics.counting import above
from istdbench.metrics.regions import Regions, find_regions


@dataclass(frozen=True)
class Detection:
    """One detected target: an 8-connected region of pixels whose score is greater than the threshold.

    Attributes:
        x, y: column and row of the centroid, the mean of its pixels without weights, as the metrics have it. Pixels
            are counted from 0 and (0, 0) is the centre of the upper left pixel.
        score: the largest score in the region.
        area: pixels.
        box: left, top, width and height of the smallest rectangle around it, whole pixels.
    """

    x: float
    y: float
    score: float
    area: int
    box: tuple[int, int, int, int]


def find_detections(score: np.ndarray, threshold: float) -> list[Detection]:
    """The detections in a score map (H, W), in raster order of their first pixel.

    >>> find_detections(np.array([[0.0, 0.9, 0.1], [0.7, 0.0, 0.5]]), 0.5)
    [Detection(x=0.5, y=0.5, score=0.9, area=2, box=(0, 0, 2, 2))]
    """
    return detections_of(score, find_regions(above(score, threshold)))


def detections_of(score: np.ndarray, regions: Regions) -> list[Detection]:
    """A detection for each region of a score map."""
    height, width = score.shape
    rows, columns = np.divmod(regions.pixels, width)
    count = len(regions)
    left, top = np.full(count, width), np.full(count, height)
    right, bottom = np.full(count, -1), np.full(count, -1)
    best = np.zeros(count, score.dtype)
    for least, values in ((left, columns), (top, rows)):
        np.minimum.at(least, regions.owners, values)
    for most, values in ((right, columns), (bottom, rows), (best, score.ravel()[regions.pixels])):
        np.maximum.at(most, regions.owners, values)
    boxes = np.stack([left, top, right - left + 1, bottom - top + 1], axis=1)
    return [
        Detection(x, y, peak, area, (box[0], box[1], box[2], box[3]))
        for (y, x), peak, area, box in zip(
            regions.centroids.tolist(), best.tolist(), regions.areas.tolist(), boxes.tolist(), strict=True
        )
    ]
