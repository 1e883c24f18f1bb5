"""PSTNN: a background tensor whose tensor nuclear norm is summed over all but the largest singular values.

Source: Zhang and Peng, Infrared small target detection based on partial sum of the tensor nuclear norm, Remote Sensing
11(4), 2019.

Symbol   Meaning
D        patch-tensor of the image, n_1 x n_2 x n_3: patches of 40 x 40, 40 apart, stacked; B + T
B, T     its background and its target
N        how many singular values of each frontal slice of the Fourier transform of B are not shrunk
J        structure tensor of the image, with eigenvalues l_1 >= l_2
W_p      prior of each pixel: corner strength l_1 l_2 / (l_1 + l_2) times l_1, scaled to 0..1
W        weight of each pixel's target: N / ((|T| + 0.01) W_p), 1 before the first target is known
lambda   0.7 / sqrt(max(n_1, n_2) n_3)
Y, mu    multiplier and penalty of ADMM; mu grows by rho = 1.05 from 0.002

The iteration ends where ||B + T - D|| < 0.001 ||D||, or where the number of positive pixels of T repeats. Patches stand
along the first axis here. Where the text disagrees with the released code, which is MATLAB
(Lanneeee/Infrared-Small-Target-Detection-based-on-PSTNN), we follow the code, so that our maps are its maps:
- T: the text's step is soft thresholding, to both sides of 0. The code's `prox_l1` keeps T from being negative in every
  iteration, so that what is darker than the background is left to B.
- N: the number of singular values of D, unfolded, of at least a tenth of the largest. What the code calls unfolding is
  a reshape in column-major order, whose rows mix pixels of all patches; `unfolding=patches` makes each patch a row, as
  the word is meant. The two give the same N on most images.
"""

from __future__ import annotations

from functools import partial

from istdbench.lazy import cv2
from istdbench.lazy import numpy as np
from istdbench.methods.method import Classical, Option
from istdbench.methods.parts.low_rank.convergence import warn_unconverged
from istdbench.methods.parts.low_rank.entries import shrink, unit_range
from istdbench.methods.parts.low_rank.patches import PatchGrid, patch_options
from istdbench.methods.parts.low_rank.slices import shrink_slices
from istdbench.methods.thresholds import adaptive

TOLERANCE, ITERATIONS = 1e-3, 500
FIRST_PENALTY, GROWTH = 2e-3, 1.05
BALANCE, STEADY, SIGNIFICANT = 0.7, 0.01, 0.1


def pstnn(image: np.ndarray, patch: int = 40, step: int = 40, unfolding: str = "column_major") -> np.ndarray:
    """The target image.

    Args:
        image: (H, W), gray.
        patch, step: side of a patch, and pixels from one to the next.
        unfolding: "column_major" or "patches", see `unfolded`.

    Returns:
        (H, W) float32, not negative, in the image's units.

    Raises:
        UsageError: patch or step is out of range.
    """
    grid = PatchGrid(image.shape, patch, step)
    tensor = grid.split(image.astype(float))
    if not tensor.any():
        return np.zeros(image.shape, np.float32)
    rank = significant_rank(unfolded(tensor, unfolding))
    return grid.last(separate(tensor, grid.split(prior(image)), rank)).astype(np.float32)


def separate(tensor: np.ndarray, priors: np.ndarray, rank: int) -> np.ndarray:
    """T of a patch-tensor D, by ADMM.

    Args:
        tensor, priors: D, not all 0, and W_p: (n_3, n_1, n_2).
        rank: N.

    Returns:
        (n_3, n_1, n_2), not negative.
    """
    scale = float(np.linalg.norm(tensor))
    balance = BALANCE / np.sqrt(max(tensor.shape[1:]) * len(tensor))
    target, multiplier, weights = np.zeros_like(tensor), np.zeros_like(tensor), np.ones_like(tensor)
    penalty, support = FIRST_PENALTY, 0
    for _ in range(ITERATIONS):
        observed = tensor - multiplier / penalty
        background = shrink_slices(observed - target, partial(shrink_tail, rank=rank, by=1 / penalty))
        target = np.maximum(observed - background - weights * balance / penalty, 0)
        with np.errstate(divide="ignore"):  # a pixel without any corner strength is no target: an infinite weight
            weights = rank / ((target + STEADY) * priors)
        gap = background + target - tensor
        residual = float(np.linalg.norm(gap)) / scale
        before, support = support, int(np.count_nonzero(target > 0))
        if residual < TOLERANCE or support == before > 0:
            return target
        multiplier += penalty * gap
        penalty *= GROWTH
    warn_unconverged("pstnn", ITERATIONS, residual, TOLERANCE)
    return target


def shrink_tail(values: np.ndarray, rank: int, by: float) -> np.ndarray:
    """What the partial sum leaves of the singular values of each slice, (slices, values): all of the `rank` largest."""
    return np.hstack([values[:, :rank], shrink(values[:, rank:], by)])


def unfolded(tensor: np.ndarray, order: str) -> np.ndarray:
    """The matrix whose singular values give N.

    Args:
        tensor: D, (n_3, n_1, n_2).
        order: "patches" makes each patch a row; "column_major" deals the pixels of D out to n_3 rows one by one, down
            the columns of one patch after the other.

    Returns:
        (n_3, n_1 n_2).
    """
    if order == "patches":
        return tensor.reshape(len(tensor), -1)
    return tensor.swapaxes(1, 2).reshape(-1, len(tensor)).T


def significant_rank(matrix: np.ndarray) -> int:
    """N of D unfolded: how many singular values are at least a tenth of the largest."""
    values = np.linalg.svd(matrix, compute_uv=False)
    return int(np.count_nonzero(values >= SIGNIFICANT * values[0]))


def prior(image: np.ndarray) -> np.ndarray:
    """W_p of an image: (H, W) float64."""
    smooth = _gaussian(image.astype(float), sigma=2)
    rows, columns = (_gradient(smooth, axis) for axis in (0, 1))
    xx, xy, yy = (_gaussian(product, sigma=9) for product in (columns**2, columns * rows, rows**2))
    trace, spread = xx + yy, np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    larger, smaller = (trace + spread) / 2, (trace - spread) / 2
    corner_strength = np.divide(larger * smaller, trace, out=np.zeros_like(trace), where=trace > 0)
    return unit_range(corner_strength * larger)


def _gradient(values: np.ndarray, axis: int) -> np.ndarray:
    """Central differences; 0 across a single line of pixels."""
    return np.gradient(values, axis=axis) if values.shape[axis] > 1 else np.zeros_like(values)


def _gaussian(values: np.ndarray, sigma: float) -> np.ndarray:
    """Smoothed by 3 x 3 weights of a Gaussian, mirrored at the border."""
    return cv2.GaussianBlur(values, (3, 3), sigma, borderType=cv2.BORDER_REFLECT)


PSTNN = Classical(
    name="pstnn",
    summary="low-rank patch-tensor: partial sum of the tensor nuclear norm, targets weighted by corner strength",
    paper="Zhang and Peng, Remote Sensing 11(4), 2019",
    options={
        **patch_options(40, 40),
        "unfolding": Option(
            "column_major",
            "rows of D when N is taken: column_major (as released; each mixes all patches) or patches (each is one)",
            choices=("column_major", "patches"),
        ),
    },
    response=pstnn,
    threshold=adaptive(k=0.7),
)
