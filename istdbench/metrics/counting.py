"""From a score map and a mask to the counts of one image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from istdbench.errors import DataError, UsageError
from istdbench.metrics.counts import ImageCounts
from istdbench.metrics.regions import Regions, find_regions, match_regions

THRESHOLD = 0.5
DISTANCE = 3.0


def count_image(
    score: np.ndarray,
    mask: np.ndarray,
    *,
    threshold: float = THRESHOLD,
    distance: float = DISTANCE,
    points: bool = False,
) -> ImageCounts:
    """Count one image on its native grid.

    Regions are 8-connected with unweighted centroids; `match_regions` says what detects a target. With the default
    threshold and distance this is BasicIRSTD's evaluation (`metrics.py` at 95650c3, `evaluate.py` for the threshold).

    Args:
        score: (H, W), in [0, 1].
        mask: (H, W), bool, or numbers that are all 0 or 1.
        threshold: a pixel is predicted where its score is greater than this (strictly), see `above`.
        distance: pixels; a region detects a target when their centroids are nearer than this (strictly).
        points: the mask holds one pixel a target, its centre. Which pixels are right is then not known: those counts
            are 0, so that a ratio of them is undefined.

    Raises:
        UsageError: the threshold is NaN.
        DataError: shapes differ or are not (H, W), a score is NaN or outside [0, 1], or the mask is not binary.

    >>> mask = np.zeros((8, 8), dtype=bool)
    >>> mask[2:4, 2:4] = True
    >>> score = np.where(mask, 0.9, 0.1)
    >>> score[7, 7] = 0.6
    >>> count_image(score, mask)  # doctest: +NORMALIZE_WHITESPACE
    ImageCounts(pixels=64, true_positive=4, false_positive=1, false_negative=0,
                targets=1, detected=1, regions=2, false_regions=1, false_pixels=1)
    """
    truth = check_maps(score, mask)
    predicted = above(score, threshold)
    targets, regions = find_regions(truth), find_regions(predicted)
    counts = count_matched(predicted, truth, targets, regions, match_regions(targets, regions, distance))
    return replace(counts, true_positive=0, false_positive=0, false_negative=0) if points else counts


def above(score: np.ndarray, threshold: float) -> np.ndarray:
    """Where a score is greater than a threshold, bool of the map's shape: the one rule of all that has a threshold.

    The two are compared as the numbers that they are, in float64, as curves compare them. NumPy alone would round the
    threshold to the map's own type, so that a map scored otherwise once it was read from a file: float32 has no 0.1,
    and the nearest that it has is greater.

    Raises:
        UsageError: the threshold is NaN, which no score is greater than.

    >>> above(np.array([0.1, 0.0], dtype=np.float32), 0.1)
    array([ True, False])
    """
    if np.isnan(threshold):
        raise UsageError("threshold nan: it is no number; name one that is at least 0 and less than 1, such as 0.5")
    return np.greater(score, threshold, signature="dd->?")


def count_matched(
    predicted: np.ndarray, truth: np.ndarray, targets: Regions, regions: Regions, matches: np.ndarray
) -> ImageCounts:
    """Count one image whose regions are matched already.

    Args:
        predicted, truth: (H, W), bool, whose regions are `regions` and `targets`.
        matches: (len(targets),), the region that detects each target, -1 where missed. Targets may share a region.
    """
    matched = np.unique(matches[matches >= 0])
    true_positive = int(np.count_nonzero(predicted.ravel()[targets.pixels]))
    return ImageCounts(
        pixels=truth.size,
        true_positive=true_positive,
        false_positive=len(regions.pixels) - true_positive,
        false_negative=len(targets.pixels) - true_positive,
        targets=len(targets),
        detected=int(np.count_nonzero(matches >= 0)),
        regions=len(regions),
        false_regions=len(regions) - len(matched),
        false_pixels=int(regions.areas.sum() - regions.areas[matched].sum()),
    )


def check_maps(score: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mask as bool, once both maps have been found fit to be scored.

    Raises:
        DataError: as `count_image`.
    """
    if score.shape != mask.shape:
        raise DataError(
            f"the score map is {_size(score)} and the mask {_size(mask)}; score on the mask's own grid, "
            "cropping what was padded"
        )
    if score.ndim != 2 or score.size == 0:
        raise DataError(f"one image's score map is (H, W) with pixels in it, not {score.shape}")
    low, high = score.min(), score.max()
    if not (low >= 0 and high <= 1):  # written so that NaN, which compares false, is refused too
        raise DataError(f"scores lie in [{low}, {high}], not in [0, 1]; pass probabilities, not logits or grey levels")
    if mask.dtype == bool:
        return mask
    if not np.isin(mask, (0, 1)).all():
        raise DataError(
            f"the mask is not binary (it lies in [{mask.min()}, {mask.max()}]); make it bool first, as in `mask > 127`"
        )
    return mask.astype(bool)


def _size(array: np.ndarray) -> str:
    return " x ".join(map(str, array.shape))
