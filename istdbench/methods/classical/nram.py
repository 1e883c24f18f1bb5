"""NRAM: the patch-image model with a non-convex rank, reweighted targets, and strong edges as a part of their own.

Source: Zhang, Peng, Zhang, Cao and Peng, Infrared small target detection via non-convex rank approximation minimization
joint l2,1 norm, Remote Sensing 10(11), 2018.

Symbol   Meaning
D        patch-image, scaled to 0..1: m = 2500 pixels of n patches of 50 x 50, 10 apart; B + T + E
B, T, E  background, target, and strong edges, which are sparse by patches
gamma    0.002, of the rank's approximation: the sum over singular values s of (1 + gamma) s / (gamma + s)
W        weight of each entry of T: C / (|T| + 0.04), C = sqrt(min(m, n)) / 2.5
lambda   1 / sqrt(min(m, n)), so that lambda C = 0.4
beta     3 / sqrt(min(m, n)), of ||E||_2,1
Y, mu    multiplier and penalty of ADMM; mu grows by 1.1 from 3 sqrt(max(m, n))

The released code's step for T divides its threshold by mu above 0 and forgets to below, which leaves no negative entry;
so here, since targets are bright. A pixel's target is that of the last patch it lies in, as in that code. Patches are
rows here, not columns; `dual` is Y / mu.
"""

from __future__ import annotations

import math
from functools import partial

from istdbench.lazy import numpy as np
from istdbench.methods.method import Classical
from istdbench.methods.parts.low_rank.convergence import warn_unconverged
from istdbench.methods.parts.low_rank.entries import unit_range
from istdbench.methods.parts.low_rank.leading_svd import LeadingSVD
from istdbench.methods.parts.low_rank.patches import PatchGrid, patch_options
from istdbench.methods.thresholds import adaptive

TOLERANCE, ITERATIONS = 1e-7, 1000
FIRST_PENALTY, GROWTH = 3.0, 1.1
GAMMA, TARGETS, STEADY, EDGES = 2e-3, 0.4, 0.04, 3.0
RANK_TOLERANCE, RANK_ITERATIONS = 1e-6, 100
SETTLED = 1e-4
"""Singular values must be exact, since the rank that they have at the first step stays; see `LeadingSVD`."""


def nram(image: np.ndarray, patch: int = 50, step: int = 10) -> np.ndarray:
    """The target image.

    Args:
        image: (H, W), gray.
        patch, step: side of a patch, and pixels from one to the next.

    Returns:
        (H, W) float32, not negative; 1 is the range of the image's grey levels.

    Raises:
        UsageError: patch or step is out of range.
    """
    grid = PatchGrid(image.shape, patch, step)
    patches = unit_range(grid.split(image.astype(float)))
    target = separate(patches.reshape(len(patches), -1))
    return grid.last(target.reshape(patches.shape)).astype(np.float32)


def separate(matrix: np.ndarray) -> np.ndarray:
    """T of a patch-image, by ADMM.

    Args:
        matrix: D, (patches, pixels).

    Returns:
        (patches, pixels), not negative.
    """
    scale = float(np.linalg.norm(matrix))
    if scale == 0:
        return matrix
    beta = EDGES / math.sqrt(min(matrix.shape))
    penalty = FIRST_PENALTY * math.sqrt(max(matrix.shape))
    svd, values = LeadingSVD(matrix.shape[1], matrix.dtype, SETTLED), np.zeros(0)
    target = edges = dual = np.zeros_like(matrix)
    for _ in range(ITERATIONS):
        observed = matrix - dual
        shrink = partial(shrink_values, before=values, penalty=penalty)
        background, values = svd.shrink(observed - target - edges, shrink)
        rest = observed - background
        free = rest - edges
        target = np.maximum(free - TARGETS / penalty / (np.abs(free) + STEADY), 0)
        edges = shrink_rows(rest - target, beta / penalty)
        gap = background + target + edges - matrix
        residual = float(np.linalg.norm(gap)) / scale
        if residual < TOLERANCE:
            return target
        dual = (dual + gap) / GROWTH
        penalty *= GROWTH
    warn_unconverged("nram", ITERATIONS, residual, TOLERANCE)
    return target


def shrink_values(values: np.ndarray, before: np.ndarray, penalty: float) -> np.ndarray:
    """What the rank's approximation leaves of singular values, by DC programming: it is linear around the values of the
    last step, the first of which are those `before`."""
    left = np.zeros(len(values))
    left[: len(before)] = before[: len(values)]
    for _ in range(RANK_ITERATIONS):
        slope = (1 + GAMMA) * GAMMA / (GAMMA + left) ** 2
        last, left = left, np.maximum(values - slope / penalty, 0)
        if np.sum((left - last) ** 2) < RANK_TOLERANCE:
            break
    return left


def shrink_rows(matrix: np.ndarray, by: float) -> np.ndarray:
    """The proximal operator of the l2,1 norm: each row moved towards 0 by that length, and no further."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix * (1 - by / np.maximum(lengths, by))


NRAM = Classical(
    name="nram",
    summary="low-rank patch-image: non-convex rank, reweighted targets, and strong edges apart",
    paper="Zhang et al., Remote Sensing 10(11), 2018",
    options=patch_options(50, 10),
    response=nram,
    threshold=adaptive(k=0.7),
)
