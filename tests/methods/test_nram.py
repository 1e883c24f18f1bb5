"""NRAM against a slow version that decomposes the whole patch-image in double precision, step by step as published."""

from __future__ import annotations

import numpy as np
import pytest
from scene import patch_columns, scene

from istdbench.methods.classical import nram as module
from istdbench.methods.classical.nram import nram, shrink_rows
from istdbench.methods.parts.low_rank.convergence import ConvergenceWarning


def slow_nram(image: np.ndarray, side: int, step: int) -> np.ndarray:
    D, corners = patch_columns(image, side, step)
    D = (D - D.min()) / (D.max() - D.min())
    target = np.empty(image.shape)
    for (top, left), patch in zip(corners, slow_admm(D).T.reshape(-1, side, side), strict=True):
        target[top : top + side, left : left + side] = patch
    return target


def slow_admm(D: np.ndarray) -> np.ndarray:
    m, n = D.shape
    mu, gamma, lam, beta = 3 * np.sqrt(max(m, n)), 0.002, 1 / np.sqrt(min(m, n)), 3 / np.sqrt(min(m, n))
    C = np.sqrt(min(m, n)) / 2.5
    T, E, Y, sigma = np.zeros_like(D), np.zeros_like(D), np.zeros_like(D), np.zeros(min(m, n))
    for _ in range(1000):
        U, s, V = np.linalg.svd(D - T - E - Y / mu, full_matrices=False)
        for _ in range(100):
            before = sigma
            sigma = np.maximum(s - (1 + gamma) * gamma / (gamma + before) ** 2 / mu, 0)
            if ((sigma - before) ** 2).sum() < 1e-6:
                break
        B = U @ np.diag(sigma) @ V
        rest = D - B - E - Y / mu
        W = C / (np.abs(rest) + 0.04)
        T = np.maximum(rest - lam * W / mu, 0) + np.minimum(rest + lam * W, 0)  # the released code's negative part
        Q = D - T - B - Y / mu
        for j in range(n):
            length = np.linalg.norm(Q[:, j])
            E[:, j] = Q[:, j] * (length - beta / mu) / length if length > beta / mu else 0
        Y = Y + mu * (B + E + T - D)
        mu *= 1.1
        if np.linalg.norm(D - T - B - E) < 1e-7 * np.linalg.norm(D):
            break
    return T


def test_nram_is_the_published_iteration(monkeypatch):
    monkeypatch.setattr(module, "SETTLED", 1e-6)
    expected = slow_nram(scene(), side=12, step=4)
    assert (expected >= 0).all()  # the released code leaves no negative entry
    np.testing.assert_allclose(nram(scene(), patch=12, step=4), expected, atol=2e-3 * expected.max())
    assert np.unravel_index(expected.argmax(), expected.shape) in [(12, 17), (12, 18), (13, 17), (13, 18)]


def test_rows_are_shrunk_by_their_length():
    rows = np.array([[3.0, 4], [0.3, 0.4], [0, 0]])
    np.testing.assert_allclose(shrink_rows(rows, 1), [[2.4, 3.2], [0, 0], [0, 0]])


def test_running_out_of_iterations_is_said(monkeypatch):
    monkeypatch.setattr(module, "ITERATIONS", 1)
    with pytest.warns(ConvergenceWarning, match="nram: not converged after 1 iterations: residual .*, not below 1e-07"):
        nram(scene(), patch=12, step=4)
