"""MSLSTIPT against a slow version of itself, whose products of tensors are those of block-circulant matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scene import scene, soft
from scipy.optimize import minimize_scalar

from istdbench.methods.classical import mslstipt as module
from istdbench.methods.classical.mslstipt import mslstipt, shrink_power
from istdbench.methods.parts.low_rank.convergence import ConvergenceWarning


def sequence(height: int = 14, width: int = 12) -> np.ndarray:
    """Six frames of a drifting background with a target that moves the other way."""
    frames = []
    for age in range(6):
        frame = scene(40, 40)[20 + age : 20 + age + height, 2 : 2 + width].copy()
        frame[6, 8 - age] += 90
        frames.append(frame)
    return np.stack(frames[::-1])


def fourier(tensor):
    return [np.fft.fft(tensor, axis=2)[:, :, k] for k in range(tensor.shape[2])]


def back(slices):
    return np.fft.ifft(np.stack(slices, axis=2), axis=2).real


def product(A, B):
    return back([a @ b for a, b in zip(fourier(A), fourier(B), strict=True)])


def transpose(A):
    return back([a.conj().T for a in fourier(A)])


def each_svd(tensor, rule):
    """The tensor with the singular values of each slice changed by a rule."""
    slices = []
    for slice_ in fourier(tensor):
        U, s, V = np.linalg.svd(slice_, full_matrices=False)
        slices.append(U @ np.diag(rule(s)) @ V)
    return back(slices)


def slow_mslstipt(frames: np.ndarray) -> np.ndarray:
    f, H, W = frames.shape
    X = np.reshape(frames.astype(float).transpose(1, 2, 0), (H, f, W), order="F")  # as MATLAB's reshape does
    E = slow_separate(X, slow_dictionary(X), 5 * np.sqrt(H * W))
    return np.maximum(np.reshape(E, (H, W, f), order="F")[:, :, -1], 0)


def slow_dictionary(X: np.ndarray) -> np.ndarray:
    L, S, Y, mu = np.zeros_like(X), np.zeros_like(X), np.zeros_like(X), 1e-4
    lam = 4 / np.sqrt(max(X.shape[:2]) * X.shape[2])
    for _ in range(800):
        L0, S0 = L, S
        L = each_svd(X - S - Y / mu, lambda s, mu=mu: soft(s, 1 / mu))
        S = soft(X - L - Y / mu, lam / mu)
        if max(np.abs(L - L0).max(), np.abs(S - S0).max(), np.abs(L + S - X).max()) < 1e-8:
            break
        Y, mu = Y + mu * (L + S - X), 1.2 * mu
    slices = []
    for slice_ in fourier(L):
        U, s, _ = np.linalg.svd(slice_, full_matrices=False)
        gap = next((i + 1 for i in range(len(s) - 1) if s[i] > 50 * s[i + 1]), len(s))
        slices.append(U @ np.diag([*s[:gap], *[0] * (len(s) - gap)]))
    return back(slices)


def slow_separate(X: np.ndarray, A: np.ndarray, weight: float) -> np.ndarray:
    lam, beta = 1 / np.sqrt(max(X.shape[:2]) * X.shape[2]), 1e-4
    Z = J = Y1 = np.zeros((A.shape[1], *X.shape[1:]))
    E = Y2 = np.zeros_like(X)
    inverse = back([np.linalg.inv(a.conj().T @ a + np.eye(A.shape[1])) for a in fourier(A)])
    for _ in range(200):
        Z0, J0, E0 = Z, J, E
        Z = each_svd(J - Y1 / beta, lambda s, beta=beta: slow_schatten(s, weight / beta))
        E = soft(X - product(A, J) + Y2 / beta, lam / beta)
        J = product(inverse, Z + Y1 / beta + product(transpose(A), X - E + Y2 / beta))
        gap1, gap2 = Z - J, X - product(A, J) - E
        if max(np.abs(change).max() for change in (gap1, gap2, Z - Z0, J - J0, E - E0)) < 1e-4:
            break
        Y1, Y2, beta = Y1 + beta * gap1, Y2 + beta * gap2, min(1.1 * beta, 1e8)
    return E


def slow_schatten(singular: np.ndarray, weight: float) -> list[float]:
    kept = list(singular)
    for _ in range(3):
        kept = [slow_power(s, weight / (x + 1e-7)) for s, x in zip(singular, kept, strict=True)]
    return kept


def slow_power(s: float, w: float, p: float = 0.8) -> float:
    if s <= (2 * w * (1 - p)) ** (1 / (2 - p)) + w * p * (2 * w * (1 - p)) ** ((p - 1) / (2 - p)):
        return 0.0
    x = s
    for _ in range(2):
        x = s - w * p * x ** (p - 1)
    return x


@pytest.mark.filterwarnings("ignore::istdbench.methods.parts.low_rank.convergence.ConvergenceWarning")
def test_mslstipt_is_the_published_iteration():
    expected = slow_mslstipt(sequence())
    assert expected[6, 8] == expected.max() > 10
    np.testing.assert_allclose(mslstipt(sequence()), expected, atol=1e-3)


@pytest.mark.parametrize("s", [0.1, 0.9, 1.0, 3.0, 10.0])
def test_a_singular_value_is_shrunk_to_about_the_minimum_of_its_penalty(s):
    w = 0.5
    least = minimize_scalar(lambda x: w * x**0.8 + (x - s) ** 2 / 2, bounds=(1e-12, s + 1), method="bounded").x
    least = least if w * least**0.8 + (least - s) ** 2 / 2 < s**2 / 2 else 0
    assert shrink_power(np.array([s]), np.array([w]))[0] == pytest.approx(least, abs=0.05)


def test_running_out_of_iterations_is_said_of_the_dictionary_too(monkeypatch):
    monkeypatch.setattr(module, "PCA_ITERATIONS", 2)
    monkeypatch.setattr(module, "ITERATIONS", 2)
    with (
        pytest.warns(ConvergenceWarning, match="mslstipt, dictionary: not converged after 2 iterations"),
        pytest.warns(ConvergenceWarning, match="mslstipt: not converged after 2 iterations"),
    ):
        mslstipt(sequence())
