"""Which pixels are false alarms, and what they are divided by."""

from __future__ import annotations

import cv2
import numpy as np

from istdbench.audit.variant import BinaryMaps, Choice


def _unmatched(maps: BinaryMaps, matches: np.ndarray) -> tuple[int, int]:
    false = np.setdiff1d(np.arange(len(maps.regions)), matches)
    return int(maps.regions.areas[false].sum()), maps.truth.size


def _of_no_matched_area(maps: BinaryMaps, matches: np.ndarray) -> tuple[int, int]:
    areas = maps.regions.areas
    excused = np.isin(areas, areas[matches[matches >= 0]])
    return int(areas[~excused].sum()), maps.truth.size


def _off_target(maps: BinaryMaps, matches: np.ndarray) -> tuple[int, int]:
    return int(np.count_nonzero(maps.predicted & ~maps.truth)), int(np.count_nonzero(~maps.truth))


def _far_from_targets(maps: BinaryMaps, matches: np.ndarray) -> tuple[int, int]:
    near = cv2.dilate(maps.truth.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    return int(np.count_nonzero(maps.predicted & ~near)), maps.truth.size


UNMATCHED = Choice("pixels of the regions that detect nothing, over all pixels", _unmatched)
OF_NO_MATCHED_AREA = Choice(
    "regions as large as one that detects a target are left out, whether they detect one or not", _of_no_matched_area
)
OFF_TARGET = Choice("all predicted pixels outside targets, over the background", _off_target)
FAR_FROM_TARGETS = Choice("predicted pixels more than 4 px from every target, over all pixels", _far_from_targets)
