"""Which predicted region detects a target. Each rule gives an index for each target, -1 for a miss."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from istdbench.audit.variant import BinaryMaps, Choice, Matching
from istdbench.metrics.counting import DISTANCE
from istdbench.metrics.regions import match_regions

MISSED = -1


def _any_overlap(maps: BinaryMaps) -> np.ndarray:
    return _best_in_targets(maps, maps.region_map)


def _within_one_pixel(maps: BinaryMaps) -> np.ndarray:
    height, width = maps.region_map.shape
    padded = np.pad(maps.region_map, 1, constant_values=MISSED)
    shifts = [padded[row : row + height, column : column + width] for row in range(3) for column in range(3)]
    return _best_in_targets(maps, np.max(shifts, axis=0))


def _two_by_two(maps: BinaryMaps) -> np.ndarray:
    """The window is rows r - 2 and r - 1, columns c - 2 and c - 1 of the rounded centroid (r, c).

    A window that would begin outside is empty, since Python counts -1 and -2 from the end.
    """
    matches = np.full(len(maps.targets), MISSED)
    rows, columns = np.rint(maps.targets.centroids).astype(int).T
    inside = (rows >= 2) & (columns >= 2)
    for up, left in ((1, 1), (1, 2), (2, 1), (2, 2)):
        found = maps.region_map[rows[inside] - up, columns[inside] - left]
        matches[inside] = np.maximum(matches[inside], found)
    return matches


def _opdc(maps: BinaryMaps) -> np.ndarray:
    """Overlap first, then distance: the assignment of least total distance is kept where IoU is at least 0.5; what is
    left is assigned again, and kept where it is nearer than 3 pixels."""
    matches = np.full(len(maps.targets), MISSED)
    if not len(maps.targets) or not len(maps.regions):
        return matches
    apart = np.linalg.norm(maps.targets.centroids[:, None] - maps.regions.centroids[None], axis=2)
    alike = _pairwise_iou(maps) >= 0.5
    if alike.any():
        targets, regions = linear_sum_assignment(apart)
        kept = alike[targets, regions]
        matches[targets[kept]] = regions[kept]
    near = apart < DISTANCE
    if near.any():
        left = np.flatnonzero(matches == MISSED)
        free = np.setdiff1d(np.arange(len(maps.regions)), matches)
        rows, columns = linear_sum_assignment(apart[np.ix_(left, free)])
        targets, regions = left[rows], free[columns]
        kept = near[targets, regions]
        matches[targets[kept]] = regions[kept]
    return matches


def _best_in_targets(maps: BinaryMaps, regions: np.ndarray) -> np.ndarray:
    """For each target the largest index of `regions` (H, W) on its pixels."""
    matches = np.full(len(maps.targets), MISSED)
    np.maximum.at(matches, maps.targets.owners, regions.ravel()[maps.targets.pixels])
    return matches


def _pairwise_iou(maps: BinaryMaps) -> np.ndarray:
    """IoU of each target with each predicted region: (targets, regions) float64."""
    regions = maps.region_map.ravel()[maps.targets.pixels]
    shape = (len(maps.targets), len(maps.regions))
    pairs = np.ravel_multi_index((maps.targets.owners[regions >= 0], regions[regions >= 0]), shape)
    common = np.bincount(pairs, minlength=shape[0] * shape[1]).reshape(shape)
    return common / (maps.targets.areas[:, None] + maps.regions.areas[None] - common)


NEARER_THAN_THREE: Choice[Matching] = Choice(
    "one to one in raster order, centroids nearer than 3 px",
    lambda maps: match_regions(maps.targets, maps.regions, DISTANCE),
)
ANY_OVERLAP = Choice("a target is found by any predicted pixel in it", _any_overlap)
TWO_BY_TWO = Choice(
    "a target is found by any predicted pixel in a 2 x 2 window above and left of its centroid's pixel", _two_by_two
)
WITHIN_ONE_PIXEL = Choice("a target is found by any predicted pixel in it or beside it", _within_one_pixel)
OPDC = Choice("best assignment, IoU of at least 0.5 first, then centroids nearer than 3 px", _opdc)
