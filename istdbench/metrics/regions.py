"""Connected regions of a binary map, and which predicted region detects which target."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Regions:
    """The 8-connected regions of one map, in raster order of their first pixel (top row first, then leftmost).

    Attributes:
        areas: (n,) int64, pixels.
        centroids: (n, 2) float64, mean row and mean column of the region's pixels, unweighted.
    """

    areas: np.ndarray
    centroids: np.ndarray

    def __len__(self) -> int:
        return len(self.areas)


def find_regions(binary: np.ndarray) -> Regions:
    """Regions of a bool map (H, W).

    >>> diagonal = np.array([[1, 0, 0, 1], [0, 1, 0, 1]], dtype=bool)
    >>> find_regions(diagonal).areas, find_regions(diagonal).centroids.tolist()
    (array([2, 2]), [[0.5, 0.5], [0.5, 3.0]])
    """
    pixels = np.ascontiguousarray(binary).view(np.uint8)
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(pixels, connectivity=8)
    order = _raster_order(binary, labels, count)
    return Regions(stats[order, cv2.CC_STAT_AREA].astype(np.int64), centroids[order, ::-1])


def match_regions(targets: Regions, regions: Regions, distance: float) -> np.ndarray:
    """The region that detects each target, one to one: (len(targets),) int64 indices into `regions`, -1 where missed.

    Greedy, as BasicIRSTD's `PD_FA` does it: targets take their turn in raster order, and each takes the first region
    in raster order that is still free and whose centroid is nearer than `distance` pixels. Not the optimal
    assignment: the two differ where targets lie closer together than the distance.

    Distances are float64 as published. Where the true distance is exactly `distance` and the centroids are fractions
    (thirds, say), rounding decides.
    """
    matches = np.full(len(targets), -1, dtype=np.int64)
    free = np.ones(len(regions), dtype=bool)
    for target, centroid in enumerate(targets.centroids):
        distances = np.sqrt(np.square(regions.centroids - centroid).sum(axis=1))
        candidates = np.flatnonzero(free & (distances < distance))
        if candidates.size:
            matches[target] = candidates[0]
            free[candidates[0]] = False
    return matches


def _raster_order(binary: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Labels 1..count-1 sorted by first pixel. OpenCV scans in blocks of 2 x 2, so its own order is another one."""
    pixels = np.flatnonzero(binary)
    first = np.full(count, labels.size)
    np.minimum.at(first, labels.ravel()[pixels], pixels)
    return 1 + np.argsort(first[1:])
