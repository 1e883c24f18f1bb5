"""Detections are the regions of a score map, as SciPy finds them too."""

import numpy as np
import pytest
from scipy import ndimage

from istdbench.detection.detections import Detection, find_detections


def test_place_score_area_and_box_are_those_of_scipy_s_regions():
    score = ndimage.gaussian_filter(np.random.default_rng(0).random((90, 120)), 2).astype(np.float32)
    score = (score - score.min()) / np.ptp(score)
    labels, count = ndimage.label(score > 0.6, np.ones((3, 3)))
    index = range(1, count + 1)
    centres = ndimage.center_of_mass(np.ones_like(score), labels, index)
    peaks, areas = ndimage.maximum(score, labels, index), ndimage.sum_labels(np.ones_like(score), labels, index)
    boxes = [
        (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        for rows, columns in ndimage.find_objects(labels)
    ]
    expected = {
        box: (pytest.approx(x), pytest.approx(y), pytest.approx(float(peak)), int(area))
        for box, (y, x), peak, area in zip(boxes, centres, peaks, areas, strict=True)
    }
    found = {each.box: (each.x, each.y, each.score, each.area) for each in find_detections(score, 0.6)}
    assert count > 5 and found == expected


def test_a_score_at_the_threshold_is_no_detection_and_one_above_it_is():
    score = np.full((4, 4), 0.5, np.float32)
    assert find_detections(score, 0.5) == []
    score[1, 2] = np.nextafter(np.float32(0.5), np.float32(1))
    assert find_detections(score, 0.5) == [Detection(2.0, 1.0, float(score[1, 2]), 1, (2, 1, 1, 1))]
