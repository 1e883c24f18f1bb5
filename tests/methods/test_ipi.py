"""IPI against a slow version that decomposes the whole patch-image in double precision, step by step as published."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from scene import patch_columns, scene, soft

from istdbench.methods.classical import ipi as module
from istdbench.methods.classical.ipi import ipi
from istdbench.methods.parts.low_rank.convergence import ConvergenceWarning


def slow_ipi(image: np.ndarray, side: int, step: int) -> np.ndarray:
    D, corners = patch_columns(image, side, step)
    D = (D - D.min()) / (D.max() - D.min())
    T = slow_apg(D, 1 / np.sqrt(max(image.shape)))
    seen = defaultdict(list)
    for (top, left), patch in zip(corners, T.T.reshape(-1, side, side), strict=True):
        for i, j in np.ndindex(side, side):
            seen[top + i, left + j].append(patch[i, j])
    return np.maximum([[np.median(seen[i, j]) for j in range(image.shape[1])] for i in range(image.shape[0])], 0)


def slow_apg(D: np.ndarray, lam: float) -> np.ndarray:
    singular = np.linalg.svd(D, compute_uv=False)
    mu, least = singular[1], 0.005 * singular[3]
    B = B0 = T = T0 = np.zeros_like(D)
    t = t0 = 1.0
    ranks, supports = [], []
    for _ in range(1000):
        YB, YT = B + (t0 - 1) / t * (B - B0), T + (t0 - 1) / t * (T - T0)
        residual = YB + YT - D
        U, s, V = np.linalg.svd(YB - residual / 2, full_matrices=False)
        B0, T0 = B, T
        B = U @ np.diag(soft(s, mu / 2)) @ V
        T = soft(YT - residual / 2, lam * mu / 2)
        SB = 2 * (YB - B) + (B + T - YB - YT)
        ST = 2 * (YT - T) + (B + T - YB - YT)
        small = np.sqrt((SB**2).sum() + (ST**2).sum()) <= 1e-6 * 2 * max(1, np.sqrt((B**2).sum() + (T**2).sum()))
        t0, t = t, (1 + np.sqrt(1 + 4 * t * t)) / 2
        ranks.append((s > mu / 2).sum())
        supports.append((T != 0).sum())
        mu = max(0.9 * mu, least)
        run = next((n for n, rank in enumerate(reversed(ranks)) if rank != ranks[-1]), len(ranks))
        if small or ranks[-1] > 0.3 * min(D.shape) or (run > 11 and abs(supports[-1] - supports[-run]) < 20):
            break
    return T


def test_ipi_is_the_published_iteration(monkeypatch):
    expected = slow_ipi(scene(), side=12, step=4)
    np.testing.assert_allclose(ipi(scene(), patch=12, step=4), expected, atol=0.03 * expected.max())
    monkeypatch.setattr(module, "SETTLED", 1e-6)
    np.testing.assert_allclose(ipi(scene(), patch=12, step=4), expected, atol=1e-3 * expected.max())
    assert np.unravel_index(expected.argmax(), expected.shape) in [(12, 17), (12, 18), (13, 17), (13, 18)]


def test_the_response_does_not_depend_on_the_images_gain_and_offset():
    np.testing.assert_allclose(ipi(scene() / 2 + 10, 12, 4), ipi(scene(), 12, 4), atol=1e-4)


def test_running_out_of_iterations_is_said(monkeypatch):
    monkeypatch.setattr(module, "ITERATIONS", 3)
    with pytest.warns(ConvergenceWarning, match="ipi: not converged after 3 iterations: residual 0"):
        ipi(scene(), patch=12, step=4)
