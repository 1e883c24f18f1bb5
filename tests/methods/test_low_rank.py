"""What the low-rank methods share: patches, shrinkage, warnings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from istdbench.errors import UsageError
from istdbench.methods.parts.low_rank import leading_svd
from istdbench.methods.parts.low_rank.convergence import ConvergenceWarning, warn_unconverged
from istdbench.methods.parts.low_rank.entries import shrink, unit_range
from istdbench.methods.parts.low_rank.leading_svd import LeadingSVD
from istdbench.methods.parts.low_rank.patches import PatchGrid
from istdbench.methods.parts.low_rank.slices import shrink_slices

RNG = np.random.default_rng(0)


def test_patches_go_down_the_columns_and_the_last_ones_touch_the_border():
    image = np.arange(5 * 7).reshape(5, 7)
    patches = PatchGrid(image.shape, side=3, step=3).split(image)
    corners = [(0, 0), (2, 0), (0, 3), (2, 3), (0, 4), (2, 4)]
    np.testing.assert_array_equal(patches, [image[i : i + 3, j : j + 3] for i, j in corners])


def test_a_narrow_image_has_patches_as_narrow():
    assert PatchGrid((7, 130), side=50, step=10).split(np.zeros((7, 130))).shape == (9, 7, 50)
    assert PatchGrid((1, 1), side=50, step=10).split(np.zeros((1, 1))).shape == (1, 1, 1)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 12), st.data())
def test_an_image_is_put_together_as_each_pixels_patches_say(height, width, side, data):
    step = data.draw(st.integers(1, side))
    grid = PatchGrid((height, width), side, step)
    image = RNG.uniform(size=(height, width)).astype(np.float32)
    np.testing.assert_array_equal(grid.last(grid.split(image)), image)
    np.testing.assert_array_equal(grid.median(grid.split(image)), image)

    values = RNG.uniform(size=grid.split(image).shape).astype(np.float32)
    rows, columns = (grid.split(axis) for axis in np.indices((height, width)))
    covering = [[values[(rows == i) & (columns == j)] for j in range(width)] for i in range(height)]
    np.testing.assert_array_equal(grid.last(values), [[pixel[-1] for pixel in line] for line in covering])
    np.testing.assert_allclose(grid.median(values), [[np.median(pixel) for pixel in line] for line in covering])


@pytest.mark.parametrize(("side", "step"), [(0, 1), (5, 0), (5, 6), (66, 2)])
def test_patches_that_would_leave_out_pixels_are_refused(side, step):
    with pytest.raises(UsageError, match=f"patch={side},step={step}: give a step of at most the patch"):
        PatchGrid((20, 20), side, step)


def test_shrinking_moves_towards_zero_and_no_further():
    np.testing.assert_array_equal(shrink(np.array([-3.0, -1, 0, 0.5, 4]), 1), [-2, 0, 0, 0, 3])
    np.testing.assert_array_equal(shrink(np.array([-3.0, 4]), np.array([np.inf, 1])), [0, 3])


def test_the_unit_range_of_equal_values_is_zero():
    np.testing.assert_array_equal(unit_range(np.array([2.0, 3, 6])), [0, 0.25, 1])
    np.testing.assert_array_equal(unit_range(np.full(3, 7.0)), [0, 0, 0])


def low_rank(rows: int, columns: int, rank: int, noise: float) -> np.ndarray:
    spread = RNG.standard_normal((rows, rank)) * 2.0 ** -np.arange(rank)
    return spread @ RNG.standard_normal((rank, columns)) + noise * RNG.standard_normal((rows, columns))


@pytest.mark.parametrize(("rows", "columns", "rank"), [(60, 90, 5), (90, 60, 25), (8, 3, 2), (1, 1, 1)])
def test_leading_values_are_shrunk_as_by_a_whole_decomposition(rows, columns, rank, monkeypatch):
    monkeypatch.setattr(leading_svd, "MOST_PASSES", 1000)
    svd = LeadingSVD(columns, np.dtype(float), settled=1e-9)
    matrix = low_rank(rows, columns, rank, noise=1e-3)
    for _ in range(3):  # a sequence of matrices, each near the last one
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        cut = (values[0] + values[-1]) / 20
        kept = np.maximum(values - cut, 0)
        found, found_values = svd.shrink(matrix, lambda values, cut=cut: np.maximum(values - cut, 0))
        np.testing.assert_allclose(found, (left * kept) @ right, atol=1e-6 * values[0])
        np.testing.assert_allclose(found_values, kept[kept > 0], atol=1e-6 * values[0])
        matrix = matrix + low_rank(rows, columns, 1, noise=0) / 10


def test_a_zero_matrix_stays_zero():
    svd = LeadingSVD(20, np.dtype(np.float32), settled=0.01)
    for _ in range(2):
        found, values = svd.shrink(np.zeros((30, 20), np.float32), lambda values: values)
        assert not found.any()
        assert len(values) == 0


def test_slices_are_shrunk_in_the_fourier_transform_along_the_first_axis():
    tensor = RNG.standard_normal((5, 4, 3))
    spectrum = np.fft.fft(tensor, axis=0)
    for i in range(len(spectrum)):
        left, values, right = np.linalg.svd(spectrum[i], full_matrices=False)
        spectrum[i] = (left * np.maximum(values - 1, 0)) @ right
    np.testing.assert_allclose(shrink_slices(tensor, lambda values: shrink(values, 1)), np.fft.ifft(spectrum, axis=0))


def test_the_warning_names_the_method_the_residual_and_the_tolerance():
    with pytest.warns(
        ConvergenceWarning, match=r"mine: not converged after 7 iterations: residual 0.025, not below 1e-07"
    ):
        warn_unconverged("mine", 7, 0.0251, 1e-7)
