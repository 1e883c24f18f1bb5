"""Every connected region that a score map has at any threshold, found in one pass: the max-tree of the map.

Lower a threshold from the largest score to the smallest. Regions of {score > threshold} appear, grow and merge, and
never split, so that they form a tree with at most one node a pixel. Salembier, Oliveras and Garrido, "Antiextensive
connected operators for image and sequence processing", IEEE TIP 1998, Section III. `max_tree` builds it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from istdbench.metrics.max_tree import max_tree


@dataclass(frozen=True)
class Components:
    """All regions of one map over all thresholds; arrays of one length n, in any order.

    A region is 8-connected and exists at the thresholds `below <= t < level`: a pixel of score t is not predicted.

    Attributes:
        level: (n,) float64, the smallest score in the region.
        below: (n,) float64, the next lower level at which it grows or merges; -inf for the whole map.
        areas: (n,) int64, pixels.
        centroids: (n, 2) float64, mean row and mean column, unweighted.
        first: (n,) int64, raster index of the first pixel: what orders regions.
    """

    level: np.ndarray
    below: np.ndarray
    areas: np.ndarray
    centroids: np.ndarray
    first: np.ndarray


def find_components(score: np.ndarray) -> Components:
    """The regions of a score map (H, W) without NaN.

    >>> tree = find_components(np.array([[0.1, 0.9, 0.2, 0.7]]))
    >>> order = np.argsort(-tree.level)
    >>> tree.level[order].tolist(), tree.below[order].tolist(), tree.areas[order].tolist()
    ([0.9, 0.7, 0.2, 0.1], [0.2, 0.2, 0.1, -inf], [1, 1, 3, 4])
    """
    # the border is below every score: the tree's root, which is no region, so that each region has something below it
    padded = np.pad(score.astype(np.float64), 1, constant_values=-np.inf)
    scores, parents = padded.ravel(), max_tree(padded)
    areas, rows, columns, first = _sum_up(parents, padded.shape[1])
    nodes = np.flatnonzero(scores[parents] < scores)  # one pixel stands for each region; the others share its score
    centroids = np.stack([rows[nodes], columns[nodes]], axis=1) / areas[nodes, None]
    return Components(scores[nodes], scores[parents[nodes]], areas[nodes], centroids, first[nodes])


def _sum_up(parents: np.ndarray, width: int) -> tuple[np.ndarray, ...]:
    """Area, sums of rows and columns, and first pixel of each pixel's subtree, each (n,) int64.

    By doubling: the descendants of v less than 2s steps below it are those less than s steps below it, and those less
    than s steps below each u that lies s steps below v. A tree of height h, which can be the number of pixels,
    takes log2(h) rounds. bincount's float64 is exact for these whole numbers.

    Args:
        parents: (n,) of each pixel of the padded map, flat. Pixel 0 is the root; its sums are left incomplete.
        width: of the padded map; places count from the map's own corner.
    """
    size = parents.size
    rows, columns = np.divmod(np.arange(size) - width - 1, width)
    sums = [np.ones(size, dtype=np.int64), rows, columns]
    first = np.arange(size)
    ancestors = parents
    while len(below := np.flatnonzero(ancestors)):
        above, lowest = ancestors[below], first[below]
        sums = [each + np.bincount(above, each[below], size).astype(np.int64) for each in sums]
        np.minimum.at(first, above, lowest)
        ancestors = ancestors[ancestors]
    return *sums, first
