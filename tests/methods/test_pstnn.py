"""PSTNN against a slow version of itself: loops over pixels, patches and slices, step by step as the code released."""

from __future__ import annotations

import numpy as np
import pytest
from scene import patch_columns, scene, soft

from istdbench.methods.classical import pstnn as module
from istdbench.methods.classical.pstnn import prior, pstnn, significant_rank, unfolded
from istdbench.methods.parts.low_rank.convergence import ConvergenceWarning


def slow_smooth(image: np.ndarray, sigma: float) -> np.ndarray:
    weights = np.exp(-(np.array([-1, 0, 1]) ** 2) / (2 * sigma**2))
    kernel = np.outer(weights, weights) / np.outer(weights, weights).sum()
    padded = np.pad(image, 1, mode="symmetric")
    return np.array(
        [[(padded[i : i + 3, j : j + 3] * kernel).sum() for j in range(image.shape[1])] for i in range(image.shape[0])]
    )


def slow_prior(image: np.ndarray) -> np.ndarray:
    gy, gx = np.gradient(slow_smooth(image.astype(float), 2))
    xx, xy, yy = slow_smooth(gx * gx, 9), slow_smooth(gx * gy, 9), slow_smooth(gy * gy, 9)
    weight = np.empty(image.shape)
    for i, j in np.ndindex(image.shape):
        low, high = np.linalg.eigvalsh([[xx[i, j], xy[i, j]], [xy[i, j], yy[i, j]]])
        weight[i, j] = low * high / (low + high) * high
    return (weight - weight.min()) / (weight.max() - weight.min())


def slow_rows(D: np.ndarray, unfolding: str) -> list[list[float]]:
    """D unfolded: a row a patch, or its numbers one by one as MATLAB reads them, dealt out to as many rows."""
    n1, n2, n3 = D.shape
    if unfolding == "patches":
        return [D[:, :, k].ravel() for k in range(n3)]
    numbers = [D[i, j, k] for k in range(n3) for j in range(n2) for i in range(n1)]
    return [numbers[row::n3] for row in range(n3)]


def slow_pstnn(image: np.ndarray, side: int, step: int, unfolding: str = "column_major") -> np.ndarray:
    columns, corners = patch_columns(image, side, step)
    D = columns.reshape(side, side, -1)
    W = patch_columns(slow_prior(image), side, step)[0].reshape(side, side, -1)
    singular = np.linalg.svd(slow_rows(D, unfolding), compute_uv=False)
    T = slow_admm(D, W, N=sum(singular >= 0.1 * singular[0]))
    target = np.empty(image.shape)
    for k, (top, left) in enumerate(corners):
        target[top : top + side, left : left + side] = T[:, :, k]
    return target


def slow_admm(D: np.ndarray, W: np.ndarray, N: int) -> np.ndarray:
    n1, n2, n3 = D.shape
    lam, mu = 0.7 / np.sqrt(max(n1, n2) * n3), 0.002
    T, Y, weight, counts = np.zeros_like(D), np.zeros_like(D), np.ones_like(D), [0]
    for _ in range(500):
        spectrum = np.fft.fft(D - T - Y / mu, axis=2)
        for k in range(n3):
            U, s, V = np.linalg.svd(spectrum[:, :, k], full_matrices=False)
            spectrum[:, :, k] = U @ np.diag([*s[:N], *soft(s[N:], 1 / mu)]) @ V
        B = np.fft.ifft(spectrum, axis=2).real
        T = np.maximum(soft(D - B - Y / mu, weight * lam / mu), 0)
        with np.errstate(divide="ignore"):
            weight = N / (np.abs(T) + 0.01) / W
        counts.append((T > 0).sum())
        if np.linalg.norm(B + T - D) < 1e-3 * np.linalg.norm(D) or counts[-1] == counts[-2] > 0:
            return T
        Y = Y + mu * (B + T - D)
        mu *= 1.05
    raise AssertionError("the slow version did not converge")


def test_the_prior_is_corner_strength_times_the_larger_eigenvalue():
    np.testing.assert_allclose(prior(scene()), slow_prior(scene()), atol=1e-10)


@pytest.mark.parametrize(("side", "step"), [(10, 10), (12, 7)])
def test_pstnn_is_the_released_iteration(side, step):
    expected = slow_pstnn(scene(), side, step)
    assert expected.max() > 10
    np.testing.assert_allclose(pstnn(scene(), side, step), expected, atol=1e-3)


def test_the_order_of_unfolding_gives_the_rank_and_the_released_one_is_the_default():
    dimmer = scene() - 45  # its N is 1 by the one order, and 2 by the other
    released, patches = (slow_pstnn(dimmer, 10, 10, order) for order in ("column_major", "patches"))
    assert released.max() > 10 > patches.max()
    for options, expected in (((), released), (("column_major",), released), (("patches",), patches)):
        np.testing.assert_allclose(pstnn(dimmer, 10, 10, *options), expected, atol=1e-3)


def test_column_major_rows_take_the_pixels_of_a_patch_in_turn():
    tensor = np.arange(12).reshape(3, 2, 2)  # patches [[0, 1], [2, 3]], [[4, 5], [6, 7]], [[8, 9], [10, 11]]
    assert unfolded(tensor, "column_major").tolist() == [[0, 3, 5, 10], [2, 4, 7, 9], [1, 6, 8, 11]]
    assert unfolded(tensor, "patches").tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]


def test_the_rank_counts_singular_values_of_at_least_a_tenth_of_the_largest():
    assert significant_rank(np.diag([0.9, 10, 1])) == 2


def test_a_pixel_without_corner_strength_is_no_target():
    edge = np.where(np.arange(80) < 40, 50, 200) * np.ones((80, 1), np.float32)
    assert not pstnn(edge.astype(np.float32)).any()


def test_running_out_of_iterations_is_said(monkeypatch):
    monkeypatch.setattr(module, "ITERATIONS", 1)
    with pytest.warns(
        ConvergenceWarning, match="pstnn: not converged after 1 iterations: residual .*, not below 0.001"
    ):
        pstnn(scene(), patch=10, step=10)
