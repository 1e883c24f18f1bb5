"""IPI, the infrared patch-image model: robust PCA of the matrix whose columns are patches of the image.

Source: Gao, Meng, Yang, Wang, Zhou and Hauptmann, Infrared patch-image model for small target detection in a single
image, IEEE Transactions on Image Processing 22(12), 2013. Its solver is accelerated proximal gradient descent.

Symbol   Meaning
D        patch-image, scaled to 0..1: patches of 50 x 50, 10 apart
B, T     its background and its target, which minimise mu ||B||_* + lambda mu ||T||_1 + 1/2 ||D - B - T||^2
lambda   1 / sqrt(max(H, W))
mu       the second singular value of D at first, a tenth less each time, at least 0.005 of the fourth
t        of Nesterov's extrapolation
G        B or T, extrapolated, and one gradient step of length 1/2 from there

A pixel's target is the median over the patches it lies in. When to stop, the paper leaves open; here it is as in the
released code, see `separate`. That code leaves up to 9 pixels at the right and lower borders in no patch; here the last
patches reach the border. Patches are rows here, not columns.
"""

from __future__ import annotations

import math
from functools import partial

from istdbench.lazy import numpy as np
from istdbench.methods.method import Classical
from istdbench.methods.parts.low_rank.convergence import warn_unconverged
from istdbench.methods.parts.low_rank.entries import shrink, unit_range
from istdbench.methods.parts.low_rank.leading_svd import LeadingSVD
from istdbench.methods.parts.low_rank.patches import PatchGrid, patch_options
from istdbench.methods.thresholds import adaptive

TOLERANCE, ITERATIONS = 1e-6, 1000
DECAY, FLOOR = 0.9, 0.005
SAME_RANKS, SAME_SUPPORT, LARGEST_RANK = 10, 20, 0.3
SETTLED = 0.05
"""Of singular values, see `LeadingSVD`."""


def ipi(image: np.ndarray, patch: int = 50, step: int = 10) -> np.ndarray:
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
    patches = unit_range(grid.split(image.astype(np.float32)))
    target = separate(patches.reshape(len(patches), -1), 1 / math.sqrt(max(image.shape)))
    return np.maximum(grid.median(target.reshape(patches.shape)), 0)


def separate(matrix: np.ndarray, balance: float) -> np.ndarray:
    """T of a patch-image.

    It ends where the subgradient is small; or where the rank of B has been the same for more than 10 iterations in
    which the support of T has hardly grown; or where that rank exceeds 0.3 of the largest possible.

    Args:
        matrix: D, (patches, pixels) float32.
        balance: lambda.

    Returns:
        (patches, pixels) float32; entries below 0 are darker than the background.
    """
    svd = LeadingSVD(matrix.shape[1], matrix.dtype, SETTLED)
    _, largest = svd.shrink(matrix, lambda values: np.where(np.arange(len(values)) < 4, values, 0))
    level, fourth = (float(value) for value in np.pad(largest, (0, 4))[[1, 3]])
    background = earlier_background = target = earlier_target = np.zeros_like(matrix)
    t, earlier_t, rank, same, settled_support = 1.0, 1.0, 0, 0, 0
    for _ in range(ITERATIONS):
        pull = (earlier_t - 1) / t
        background_step = background + pull * (background - earlier_background)
        target_step = target + pull * (target - earlier_target)
        half = (background_step + target_step - matrix) / 2
        background_step -= half
        target_step -= half
        earlier_background, earlier_target, earlier_t = background, target, t
        background, values = svd.shrink(background_step, partial(shrink, by=level / 2))
        target = shrink(target_step, balance * level / 2)
        t = (1 + math.sqrt(1 + 4 * t * t)) / 2
        level = max(DECAY * level, FLOOR * fourth)

        gradient = np.linalg.norm((background_step - background) - (target_step - target))
        size = math.hypot(np.linalg.norm(background), np.linalg.norm(target))
        residual = float(gradient) / (math.sqrt(2) * max(1, size))
        support = int(np.count_nonzero(target))
        same, settled_support = (same + 1, settled_support) if len(values) == rank else (0, support)
        rank = len(values)
        steady = same > SAME_RANKS and abs(support - settled_support) < SAME_SUPPORT
        if residual <= TOLERANCE or steady or rank > LARGEST_RANK * min(matrix.shape):
            return target
    warn_unconverged("ipi", ITERATIONS, residual, TOLERANCE)
    return target


IPI = Classical(
    name="ipi",
    summary="infrared patch-image model: low-rank background and sparse target of overlapping patches",
    paper="Gao et al., IEEE TIP 22(12), 2013",
    options=patch_options(50, 10),
    response=ipi,
    threshold=adaptive(k=0.7),
)
