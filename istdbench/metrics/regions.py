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
        pixels: (m,) int64, the pixels of all regions as indices into the flattened map, ascending.
        owners: (m,) int64, the region of each of `pixels`.
    """

    areas: np.ndarray
    centroids: np.ndarray
    pixels: np.ndarray
    owners: np.ndarray

    def __len__(self) -> int:
        return len(self.areas)

    def each(self) -> list[np.ndarray]:
        """The pixels of each region, ascending."""
        return np.split(self.pixels[np.argsort(self.owners, kind="stable")], np.cumsum(self.areas))[:-1]


def find_regions(binary: np.ndarray) -> Regions:
    """Regions of a bool map (H, W).

    >>> diagonal = np.array([[1, 0, 0, 1], [0, 1, 0, 1]], dtype=bool)
    >>> find_regions(diagonal).areas, find_regions(diagonal).centroids.tolist()
    (array([2, 2]), [[0.5, 0.5], [0.5, 3.0]])
    """
    pixels = np.flatnonzero(binary)
    rows, columns = np.divmod(pixels, binary.shape[1])
    owners, n_regions = _label(pixels, rows, columns)
    areas = np.bincount(owners, minlength=n_regions)
    sums = [np.bincount(owners, place, n_regions) for place in (rows, columns)]
    return Regions(areas, np.stack(sums, axis=1) / areas[:, None], pixels, owners)


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
    places = Places(regions.centroids)
    for target, centroid in enumerate(targets.centroids):
        near = places.nearer(centroid, distance)
        candidates = near[free[near]]
        if candidates.size:
            matches[target] = candidates.min()
            free[matches[target]] = False
    return matches


class Places:
    """Centroids (n, 2) in the order of their rows, so that those near a place are found without a look at all."""

    def __init__(self, centroids: np.ndarray) -> None:
        self.order = np.argsort(centroids[:, 0])
        self.centroids = centroids[self.order]
        self.rows = np.ascontiguousarray(self.centroids[:, 0])

    def nearer(self, centroid: np.ndarray, distance: float) -> np.ndarray:
        """Indices of the centroids strictly nearer than `distance` pixels to `centroid` (2,), in any order."""
        reach = distance + 1  # a pixel more than needed, so that rounding decides below alone
        start, end = np.searchsorted(self.rows, (centroid[0] - reach, centroid[0] + reach))
        apart = np.sqrt(np.square(self.centroids[start:end] - centroid).sum(axis=1))
        return self.order[start:end][apart < distance]


def _label(pixels: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, int]:
    """The region of each pixel, numbered in raster order, and the number of regions.

    Targets are small and most of a map is empty, so the map is labelled without most of its empty rows. Between rows
    that were apart one empty row is left, so that no two regions are joined.
    """
    if not pixels.size:
        return pixels, 0
    kept_rows = np.zeros_like(rows)
    np.cumsum(np.minimum(rows[1:] - rows[:-1], 2), out=kept_rows[1:])
    kept_columns = columns - columns.min()
    dense = np.zeros((kept_rows[-1] + 1, kept_columns.max() + 1), dtype=np.uint8)
    dense[kept_rows, kept_columns] = 1
    count, labels = cv2.connectedComponents(dense, connectivity=8)
    n_regions = count - 1  # OpenCV counts the background as one more
    found = labels[kept_rows, kept_columns] - 1
    order = _raster_order(found, pixels, n_regions)
    rank = np.empty(n_regions, dtype=np.int64)
    rank[order] = np.arange(n_regions)
    return rank[found], n_regions


def _raster_order(owners: np.ndarray, pixels: np.ndarray, n_regions: int) -> np.ndarray:
    """Regions sorted by first pixel. OpenCV scans in blocks of 2 x 2, so that its own order is another one."""
    first = np.full(n_regions, np.iinfo(np.int64).max)
    np.minimum.at(first, owners, pixels)
    return np.argsort(first)
