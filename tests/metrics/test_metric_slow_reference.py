"""Fast counts against the slow reference, on thousands of small maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_maps import prediction_and_mask, specks
from slow_counts import slow_count, slow_regions

from istdbench.metrics.counting import count_image
from istdbench.metrics.regions import find_regions


@settings(max_examples=1000, deadline=None)
@given(prediction_and_mask())
def test_counts_equal_the_slow_reference(maps):
    predicted, mask = maps
    assert count_image(predicted.astype(np.float32), mask) == slow_count(predicted, mask)


@settings(max_examples=150, deadline=None)
@given(prediction_and_mask(), st.floats(0.5, 12))
def test_counts_equal_the_slow_reference_at_other_distances(maps, distance):
    predicted, mask = maps
    assert count_image(predicted, mask, distance=distance) == slow_count(predicted, mask, distance)


@settings(max_examples=200, deadline=None)
@given(st.tuples(st.integers(1, 24), st.integers(1, 24)).flatmap(specks))
def test_regions_come_in_raster_order_with_exact_centroids(binary):
    regions = find_regions(binary)
    assert list(zip(regions.areas.tolist(), map(tuple, regions.centroids.tolist()), strict=True)) == slow_regions(
        binary
    )


def test_opencv_labels_are_put_into_raster_order():
    """The region of row 0 starts right of the one of row 1, in the next 2 x 2 block of OpenCV's scan."""
    binary = np.zeros((4, 6), dtype=bool)
    binary[0, 4] = binary[1, 0] = True
    assert find_regions(binary).centroids.tolist() == [[0, 4], [1, 0]]


@pytest.mark.parametrize("crowding", [0.02, 0.05, 0.1, 0.2, 0.5])
def test_counts_equal_the_slow_reference_on_larger_maps(crowding):
    rng = np.random.default_rng(0)
    for _ in range(300):
        shape = tuple(rng.integers(8, 33, size=2))
        mask, predicted = rng.random((2, *shape)) < crowding
        assert count_image(predicted, mask) == slow_count(predicted, mask)


def test_a_map_that_is_a_strided_view_counts_as_its_copy():
    rng = np.random.default_rng(0)
    mask, predicted = (rng.random((2, 40, 60)) > 0.9)[:, ::-2, ::3]
    assert count_image(predicted, mask) == slow_count(predicted.copy(), mask.copy())
