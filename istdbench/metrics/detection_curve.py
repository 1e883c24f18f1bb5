"""Pd against Fa at every threshold, exactly and in one pass over the score maps.

A threshold t predicts {score > t}, and between two neighbouring scores of a map nothing changes, so that a set of
images has as many operating points as it has distinct scores: millions. They need not be visited one by one:

- What is detected changes only where a region near a target appears, grows, merges or ends. `find_components` has
  every region with the thresholds between which it exists; few of them come nearer to a target than the distance.
- Fa is the predicted pixels less those of the matched regions. The first is a count of the scores above t, a binary
  search in sorted scores; the second changes where the first item says.

Pd need not rise as the threshold falls: two targets that merge into one region are no longer both detected, and a
region that grows may lose its target. So the curve that is drawn and summed is that of the best operating points:

    Pd*(x) = the largest Pd among the thresholds whose Fa is at most x

a staircase with one step for each number of targets detected, and no interpolation, since no threshold gives what
lies between two steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from istdbench.metrics.component_tree import Components, find_components
from istdbench.metrics.counting import DISTANCE
from istdbench.metrics.regions import Places, find_regions
from istdbench.metrics.sorted_scores import SortedScores

FA_LIMIT = 1e-4
"""Up to which Fa the area under Pd* is taken: 100 false pixels in a million, 6.6 of an image of 256 x 256."""


@dataclass(frozen=True)
class Steps:
    """What one image adds to the curve: a step function of the threshold, zero before its first level.

    Attributes:
        levels: (m,) float64, ascending; -inf first where a region is the whole image.
        detected: (m,) int64, by how much the number of targets detected changes there.
        matched_pixels: (m,) int64, likewise of the pixels of the regions that detect them.
    """

    levels: np.ndarray
    detected: np.ndarray
    matched_pixels: np.ndarray


@dataclass(frozen=True)
class DetectionCurve:
    """Pd and Fa of a set of images at every threshold, by the rules of `count_image`.

    Attributes:
        targets: of the set (number).
        scores: those of all pixels.
        levels: (m,) float64, from -inf up: what is detected stays the same on levels[i] <= t < levels[i + 1].
        detected: (m,) int64, targets detected there.
        matched_pixels: (m,) int64, pixels of the regions that detect them.
    """

    targets: int
    scores: SortedScores
    levels: np.ndarray
    detected: np.ndarray
    matched_pixels: np.ndarray

    def at(self, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Targets detected and false pixels, each (k,) int64, at thresholds (k,), compared as by `counting.above`."""
        predicted = self.scores.above(thresholds)
        step = np.searchsorted(self.levels, thresholds, side="right") - 1
        return self.detected[step], predicted - self.matched_pixels[step]

    def pd(self, detected: np.ndarray | int) -> np.ndarray:
        """Pd from targets detected; NaN without targets."""
        return np.asarray(detected) / self.targets if self.targets else np.full(np.shape(detected), np.nan)

    def fa(self, false_pixels: np.ndarray | int) -> np.ndarray:
        """Fa from false pixels, a fraction of 1."""
        return np.asarray(false_pixels) / len(self.scores)

    def best(self) -> BestPoints:
        """The steps of Pd*: for each number of targets that is worth its Fa, the threshold of the least Fa.

        While what is detected stays the same, Fa only falls as the threshold rises: the highest score below the next
        level is the best threshold of its stretch, and no other is looked at.
        """
        thresholds = self.scores.before(np.append(self.levels[1:], np.inf))
        detected, false_pixels = self.at(thresholds)
        order = np.lexsort((-thresholds, -detected, false_pixels))
        so_far = np.maximum.accumulate(detected[order])
        rises = order[np.diff(so_far, prepend=-1) > 0]
        return BestPoints(thresholds[rises], detected[rises], false_pixels[rises])

    def auc(self, limit: float = FA_LIMIT) -> float:
        """Area under Pd* for Fa from 0 to `limit`, over `limit`: the mean of Pd* there, in [0, 1]. NaN without targets.

        Both axes are linear, and the staircase is summed as it is.
        """
        best = self.best()
        edges = np.append(np.minimum(self.fa(best.false_pixels), limit), limit)
        return float((self.pd(best.detected) * np.diff(edges)).sum() / limit)


@dataclass(frozen=True)
class BestPoints:
    """The steps of Pd*, from nothing predicted on; all arrays (k,), rising but for the thresholds.

    Attributes:
        thresholds: the highest score that, as a threshold, gives the point.
        detected: targets (number).
        false_pixels: the fewest at which so many are detected.
    """

    thresholds: np.ndarray
    detected: np.ndarray
    false_pixels: np.ndarray


def detection_steps(score: np.ndarray, truth: np.ndarray, distance: float = DISTANCE) -> tuple[Steps, int]:
    """What one image adds to the curve, and its number of targets.

    Args:
        score: (H, W), in [0, 1].
        truth: (H, W) bool.
        distance: pixels, as in `count_image`.
    """
    targets = find_regions(truth)
    if not len(targets):
        return Steps(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64)), 0
    components = find_components(score)
    found: list[Owner] = []
    targets_by_row, components_by_row = Places(targets.centroids), Places(components.centroids)
    for target, centroid in enumerate(targets.centroids):
        near = components_by_row.nearer(centroid, distance)
        rivals = targets_by_row.nearer(centroid, 2 * distance + 1)  # those that a region can be near to as well
        found.append(_owner(components, near, [found[rival] for rival in rivals if rival < target]))
    return _summed(components, found), len(targets)


def detection_curve(steps: Sequence[Steps], targets: int, scores: SortedScores) -> DetectionCurve:
    """The curve of a set of images.

    Args:
        steps: of each image.
        targets: of all images (number).
        scores: those of all pixels of all images.
    """
    levels, place = np.unique(np.concatenate([[-np.inf], *(image.levels for image in steps)]), return_inverse=True)
    detected, matched_pixels = np.zeros((2, len(levels)), dtype=np.int64)
    np.add.at(detected, place[1:], np.concatenate([image.detected for image in steps]))
    np.add.at(matched_pixels, place[1:], np.concatenate([image.matched_pixels for image in steps]))
    return DetectionCurve(targets, scores, levels, np.cumsum(detected), np.cumsum(matched_pixels))


@dataclass(frozen=True)
class Owner:
    """The component that detects one target, as a step function of the threshold; none before its first level.

    Attributes:
        levels: (m,) float64, ascending.
        components: (m,) int64, from levels[i] up to the next level; -1 for none.
    """

    levels: np.ndarray
    components: np.ndarray


def _owner(components: Components, near: np.ndarray, rivals: Sequence[Owner]) -> Owner:
    """What detects a target whose turn it is.

    The same greedy assignment as `match_regions`, for all thresholds at once: of the regions that are near and that
    no rival has taken, the first in raster order.

    Args:
        near: (n,) the components near the target.
        rivals: of the targets near it that had their turn before.
    """
    near = near[np.argsort(-components.first[near])]
    below, level = components.below[near], components.level[near]
    bounds = np.unique(np.concatenate([below, level, *(rival.levels for rival in rivals)]))
    starts, ends = np.searchsorted(bounds, below), np.searchsorted(bounds, level)
    lengths = ends - starts
    stretch = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    alive = np.repeat(near, lengths)  # the component alive on each `stretch`, from bounds[i] to bounds[i + 1]
    free = np.ones(len(alive), dtype=bool)
    for rival in rivals:
        if len(rival.levels):
            step = np.searchsorted(rival.levels, bounds, side="right") - 1
            free &= np.where(step < 0, -1, rival.components[step])[stretch] != alive
    owners = np.full(len(bounds), -1, dtype=np.int64)
    owners[stretch[free]] = alive[free]  # the last in raster order first: of several on one stretch the first stays
    changes = np.diff(owners, prepend=-1) != 0
    return Owner(bounds[changes], owners[changes])


def _summed(components: Components, owners: Sequence[Owner]) -> Steps:
    """The changes of all targets of an image together."""
    detected, pixels = [], []
    for owner in owners:
        taken = owner.components >= 0
        detected.append(np.diff(taken.astype(np.int64), prepend=0))
        pixels.append(np.diff(np.where(taken, components.areas[owner.components], 0), prepend=0))
    levels, place = np.unique(np.concatenate([owner.levels for owner in owners]), return_inverse=True)
    changes = np.zeros((2, len(levels)), dtype=np.int64)
    for row, change in zip(changes, (detected, pixels), strict=True):
        np.add.at(row, place, np.concatenate(change))
    kept = changes.any(axis=0)
    return Steps(levels[kept], *changes[:, kept])
