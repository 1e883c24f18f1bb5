"""Outlines, zooms and the Pareto front, against slow obvious versions."""

from __future__ import annotations

import base64
import re

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from istdbench.datasets.dataset import Sample
from istdbench.metrics.breakdown import examine
from istdbench.reports.html.pictures import LARGEST_ZOOMS, outline, outlines, png, zooms
from istdbench.reports.html.plots import pareto_front

masks = arrays.arrays(bool, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9))


def edges(path: str) -> list[tuple[str, int, int]]:
    """The unit edges of path data: h or v, and the x and y that it starts at."""
    found = []
    for x, y, way, length in re.findall(r"M(\d+) (\d+)([hv])(\d+)", path):
        for step in range(int(length)):
            found.append((way, int(x) + step * (way == "h"), int(y) + step * (way == "v")))
    return found


@settings(deadline=None)
@given(masks)
def test_an_outline_runs_once_along_each_edge_between_a_pixel_and_what_is_not_in_it(mask):
    height, width = mask.shape

    def inside(row: int, column: int) -> bool:
        return 0 <= row < height and 0 <= column < width and bool(mask[row, column])

    wanted = [("h", x, y) for y in range(height + 1) for x in range(width) if inside(y - 1, x) != inside(y, x)]
    wanted += [("v", x, y) for y in range(height) for x in range(width + 1) if inside(y, x - 1) != inside(y, x)]
    assert sorted(edges(outline(np.flatnonzero(mask), mask.shape))) == sorted(wanted)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12), st.booleans())
def test_the_front_holds_what_no_other_matches_at_no_higher_cost(points, higher_is_better):
    def beaten(cost: int, score: int) -> bool:
        return any(
            (c, s) != (cost, score) and c <= cost and (s >= score if higher_is_better else s <= score)
            for c, s in points
        )

    assert pareto_front(points, higher_is_better) == sorted({point for point in points if not beaten(*point)})


def spots(*places: tuple[int, int], shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for row, column in places:
        mask[row : row + 3, column : column + 3] = True
    return mask


def test_hits_and_false_alarms_are_the_predicted_regions_and_misses_are_the_mask():
    truth, predicted = spots((10, 10), (40, 60)), spots((11, 10), (30, 30))
    drawn = outlines(examine(truth * 1.0, predicted * 1.0, truth), truth.shape)
    for path, place in ((drawn.hits, (11, 10)), (drawn.false_alarms, (30, 30)), (drawn.misses, (40, 60))):
        assert edges(path) == edges(outline(np.flatnonzero(spots(place)), truth.shape))
    assert drawn.rings == (("hit", 11.5, 11.5), ("miss", 61.5, 41.5), ("false", 31.5, 31.5))


def test_zooms_show_missed_targets_first_inside_the_image_and_not_too_many():
    truth, predicted = spots((0, 0), (50, 70), (30, 30), (10, 60)), spots((0, 0), (30, 30), (10, 60))
    found = examine(truth * 1.0, predicted * 1.0, truth)
    boxes = zooms(Sample("a", truth * 1.0, truth), [found])
    assert len(boxes) == LARGEST_ZOOMS
    assert (boxes[0].left <= 70, boxes[0].top <= 50) == (True, True), "the miss"
    for box in boxes:
        assert 0 <= box.left <= box.left + box.side <= 80 and 0 <= box.top <= box.top + box.side <= 60


def test_without_targets_the_largest_false_alarm_is_zoomed_and_without_any_nothing():
    nothing, alarm = spots(), spots((30, 30))
    image = np.zeros(nothing.shape)
    [box] = zooms(Sample("a", image, nothing), [examine(image, score * 1.0, nothing) for score in (nothing, alarm)])
    assert box.left < 30 < box.left + box.side and box.top < 30 < box.top + box.side
    assert zooms(Sample("a", image, nothing), [examine(image, image, nothing)]) == []


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_a_picture_is_stretched_to_all_grey_levels_and_a_flat_one_is_no_error(level):
    image = np.full((5, 7), level)
    image[2, 3] += 40 * (level > 0)
    encoded = base64.b64decode(png(image).removeprefix("data:image/png;base64,"))
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded.shape == (5, 7) and decoded[2, 3] == 255 * (level > 0) and decoded[0, 0] == 0
