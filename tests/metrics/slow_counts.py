"""The reference definitions written out slowly: scikit-image labels, plain loops, no vector arithmetic."""

from __future__ import annotations

import math

import numpy as np
from skimage.measure import label

from istdbench.metrics import ImageCounts


def slow_regions(binary: np.ndarray) -> list[tuple[int, tuple[float, float]]]:
    """(area, centroid) of each 8-connected region, in raster order of its first pixel."""
    pixels: dict[int, list[tuple[int, int]]] = {}  # by label, in the order in which a raster scan meets the regions
    for row, labels in enumerate(label(binary, connectivity=2).tolist()):
        for column, region in enumerate(labels):
            if region:
                pixels.setdefault(region, []).append((row, column))
    return [
        (len(region), (sum(row for row, _ in region) / len(region), sum(column for _, column in region) / len(region)))
        for region in pixels.values()
    ]


def slow_count(predicted: np.ndarray, mask: np.ndarray, distance: float = 3.0) -> ImageCounts:
    """The nine counts of one image, from bool maps."""
    true_positive = false_positive = false_negative = 0
    for got, wanted in zip(predicted.ravel().tolist(), mask.ravel().tolist(), strict=True):
        true_positive += got and wanted
        false_positive += got and not wanted
        false_negative += wanted and not got

    targets, regions = slow_regions(mask), slow_regions(predicted)
    taken: set[int] = set()
    for _, (target_row, target_column) in targets:
        for index, (_, (row, column)) in enumerate(regions):
            apart = math.sqrt((row - target_row) ** 2 + (column - target_column) ** 2)
            if index not in taken and apart < distance:
                taken.add(index)
                break
    left = [area for index, (area, _) in enumerate(regions) if index not in taken]
    return ImageCounts(
        pixels=mask.shape[0] * mask.shape[1],
        true_positive=true_positive,
        false_positive=false_positive,
        false_negative=false_negative,
        targets=len(targets),
        detected=len(taken),
        regions=len(regions),
        false_regions=len(left),
        false_pixels=sum(left),
    )
