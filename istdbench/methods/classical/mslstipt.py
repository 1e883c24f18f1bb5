"""MSLSTIPT: six frames as a tensor, its background in several subspaces, which a dictionary learnt before spans.

Source: Sun, Yang and An, Infrared dim and small target detection via multiple subspace learning and spatial-temporal
patch-tensor model, IEEE Transactions on Geoscience and Remote Sensing 59(5), 2021; the authors' second version
(yangsunNUDT/MSLSTIPT-V2), which takes whole frames in place of windows.

Symbol   Meaning
X        the frames as a tensor of n_3 slices of n_1 x n_2: A Z + E, products of tensors slice by slice after a Fourier
         transform along the slices
E        target
L        background of robust PCA of X, min ||L||_* + lambda ||X - L||_1 with lambda = 4 / sqrt(max(n_1, n_2) n_3)
A        dictionary, U S of L = U S V*; singular values end where one is more than 50 times the next
Z, J     coordinates in the dictionary; J is the copy that X = A J + E constrains
w        weight of a singular value s of Z: 5 sqrt(H W) / s, for sum over s of w s^p, p = 0.8
mu       1 / sqrt(max(n_1, n_2) n_3), of ||E||_1
Y_1, Y_2 multipliers of Z = J and X = A J + E; beta, their penalty, grows by 1.1 from 0.0001

The released code reshapes H x W x 6 to H x 6 x W in MATLAB's order: all columns of all frames, one frame after the
other, cut into slices of six. Its axes say one column in six frames, which a permutation would give. We follow the
code: on `synth:frames=6,size=128,n=24` the permutation has 100 times the false alarms. Slices stand along the first
axis here. On large images, the 200 iterations of the code end before its tolerance is met, and a warning says so.
"""

from __future__ import annotations

import math
from functools import partial

from istdbench.lazy import numpy as np
from istdbench.methods.method import Classical
from istdbench.methods.parts.low_rank.convergence import warn_unconverged
from istdbench.methods.parts.low_rank.entries import shrink
from istdbench.methods.parts.low_rank.slices import adjoint, shrink_slices
from istdbench.methods.thresholds import adaptive

FRAMES = 6
PCA_TOLERANCE, PCA_ITERATIONS, PCA_GROWTH, PCA_BALANCE = 1e-8, 800, 1.2, 4.0
TOLERANCE, ITERATIONS, GROWTH = 1e-4, 200, 1.1
FIRST_PENALTY, LARGEST_PENALTY = 1e-4, 1e8
GAP, WEIGHT, POWER = 50, 5.0, 0.8
REWEIGHTINGS, POWER_STEPS, TINY = 3, 2, 1e-7


def mslstipt(frames: np.ndarray) -> np.ndarray:
    """The target image of the last frame.

    Args:
        frames: (6, H, W), gray, oldest first.

    Returns:
        (H, W) float32, not negative, in the frames' units.
    """
    _, height, width = frames.shape
    columns = frames.astype(float).swapaxes(1, 2)  # (frames, W, H)
    tensor = columns.reshape(width, -1, height).swapaxes(1, 2)
    target = separate(tensor, dictionary(tensor), WEIGHT * math.sqrt(height * width))
    images = target.swapaxes(1, 2).reshape(columns.shape).swapaxes(1, 2)
    return np.maximum(images[-1], 0).astype(np.float32)


def dictionary(tensor: np.ndarray) -> np.ndarray:
    """The Fourier transform of A for a tensor X (n_3, n_1, n_2): (n_3 // 2 + 1, n_1, min(n_1, n_2)) complex."""
    spectrum = np.fft.rfft(robust_pca(tensor), axis=0)
    left, values, _ = np.linalg.svd(spectrum, full_matrices=False)
    beyond_gap = np.cumsum(values[:, :-1] > GAP * values[:, 1:], axis=1) > 0
    values[:, 1:][beyond_gap] = 0
    return left * values[:, np.newaxis]


def robust_pca(tensor: np.ndarray) -> np.ndarray:
    """L of a tensor X (n_3, n_1, n_2), by ADMM."""
    balance = PCA_BALANCE * _scale(tensor)
    low_rank = sparse = multiplier = np.zeros_like(tensor)
    penalty = FIRST_PENALTY
    for _ in range(PCA_ITERATIONS):
        observed = tensor - multiplier / penalty
        earlier = low_rank, sparse
        low_rank = shrink_slices(observed - sparse, partial(shrink, by=1 / penalty))
        sparse = shrink(observed - low_rank, balance / penalty)
        gap = low_rank + sparse - tensor
        residual = _largest(gap, low_rank - earlier[0], sparse - earlier[1])
        if residual < PCA_TOLERANCE:
            return low_rank
        multiplier = multiplier + penalty * gap
        penalty *= PCA_GROWTH
    warn_unconverged("mslstipt, dictionary", PCA_ITERATIONS, residual, PCA_TOLERANCE)
    return low_rank


def separate(tensor: np.ndarray, basis: np.ndarray, weight: float) -> np.ndarray:
    """E of a tensor X, by ADMM.

    Args:
        tensor: X, (n_3, n_1, n_2).
        basis: Fourier transform of the dictionary A, (n_3 // 2 + 1, n_1, r). So are Z, J and Y_1 here.
        weight: w s, the same for all singular values s of Z.

    Returns:
        (n_3, n_1, n_2); entries below 0 are darker than the background.
    """
    inverse = np.linalg.inv(adjoint(basis) @ basis + np.eye(basis.shape[-1]))
    real = partial(np.fft.irfft, n=len(tensor), axis=0)
    coordinates = copy = copy_multiplier = np.zeros((len(basis), basis.shape[-1], tensor.shape[-1]), complex)
    target = background = multiplier = np.zeros_like(tensor)
    penalty = FIRST_PENALTY
    for _ in range(ITERATIONS):
        earlier = coordinates, copy, target
        coordinates = shrink_powers(copy - copy_multiplier / penalty, weight / penalty)
        observed = tensor + multiplier / penalty
        target = shrink(observed - background, _scale(tensor) / penalty)
        projected = adjoint(basis) @ np.fft.rfft(observed - target, axis=0)
        copy = inverse @ (coordinates + copy_multiplier / penalty + projected)
        background = real(basis @ copy)
        copy_gap, gap = coordinates - copy, tensor - background - target
        changes = real(coordinates - earlier[0]), real(copy - earlier[1]), target - earlier[2]
        residual = _largest(real(copy_gap), gap, *changes)
        if residual < TOLERANCE:
            return target
        copy_multiplier = copy_multiplier + penalty * copy_gap
        multiplier = multiplier + penalty * gap
        penalty = min(GROWTH * penalty, LARGEST_PENALTY)
    warn_unconverged("mslstipt", ITERATIONS, residual, TOLERANCE)
    return target


def shrink_powers(matrices: np.ndarray, weight: float) -> np.ndarray:
    """The proximal operator of the weighted Schatten norm, sum of w s^p with w = weight / s, of each matrix.

    The weights come from the values that they leave, three times over; for given weights it is generalised soft
    thresholding (Zuo et al., A generalized iterated shrinkage algorithm for non-convex sparse coding, ICCV 2013).
    """
    left, values, right = np.linalg.svd(matrices, full_matrices=False)
    kept = values
    for _ in range(REWEIGHTINGS):
        kept = shrink_power(values, weight / (kept + TINY))
    return (left * kept[:, np.newaxis]) @ right


def shrink_power(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For each value s >= 0 and its weight w, about the minimum over x >= 0 of w x^p + (x - s)^2 / 2."""
    least = (2 * weights * (1 - POWER)) ** (1 / (2 - POWER))
    threshold = least + weights * POWER * least ** (POWER - 1)
    kept, survives = np.zeros_like(values), values > threshold
    x = s = values[survives]
    for _ in range(POWER_STEPS):
        x = s - weights[survives] * POWER * x ** (POWER - 1)
    kept[survives] = x
    return kept


def _scale(tensor: np.ndarray) -> float:
    """1 / sqrt(max(n_1, n_2) n_3)."""
    return 1 / math.sqrt(max(tensor.shape[1:]) * len(tensor))


def _largest(*tensors: np.ndarray) -> float:
    return max(float(np.abs(tensor).max()) for tensor in tensors)


MSLSTIPT = Classical(
    name="mslstipt",
    summary="six frames as a tensor: background in several subspaces, weighted Schatten norm; needs sequences",
    paper="Sun, Yang and An, IEEE TGRS 59(5), 2021",
    response=mslstipt,
    threshold=adaptive(k=0.7),
    frames=FRAMES,
)
