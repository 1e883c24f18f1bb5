"""Sums over images of many samples at once, each sampling scheme as one matrix product.

Terms are (n, k) float64: k numbers that each of n images adds. The seed is fixed, so that every machine draws the same
samples.
"""

from __future__ import annotations

from collections.abc import Callable

from istdbench.lazy import numpy as np

RESAMPLES = 10_000
SEED = 0
CELLS = 1 << 22
"""Numbers of a matrix of weights that are held at once: 32 MiB."""


def resampled_sums(terms: np.ndarray, resamples: int = RESAMPLES) -> np.ndarray:
    """Sums over samples of n images drawn with replacement: (resamples, k).

    A weight is how often an image was drawn, so that a row of weights is multinomial.
    """
    images = len(terms)

    def weights(rng: np.random.Generator, rows: int) -> np.ndarray:
        drawn = rng.integers(images, size=(rows, images)) + images * np.arange(rows)[:, None]
        return np.bincount(drawn.ravel(), minlength=rows * images).reshape(rows, images)

    return _weighted_sums(terms, weights, resamples)


def swapped_sums(terms: np.ndarray, permutations: int = RESAMPLES) -> np.ndarray:
    """Sums over random subsets of the images, each image in or out with even odds: (permutations, k)."""
    return _weighted_sums(terms, lambda rng, rows: rng.integers(2, size=(rows, len(terms))), permutations)


def left_out_sums(terms: np.ndarray) -> np.ndarray:
    """Sums over all images but one: (n, k)."""
    return terms.sum(axis=0) - terms


def ratio(sums: np.ndarray) -> np.ndarray:
    """Part over whole of sums (..., 2): (...); NaN where the whole is zero."""
    part, whole = sums[..., 0], sums[..., 1]
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)


def _weighted_sums(
    terms: np.ndarray, weights: Callable[[np.random.Generator, int], np.ndarray], rows: int
) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    chunk = max(1, CELLS // len(terms))
    return np.concatenate(
        [weights(rng, min(chunk, rows - start)).astype(np.float64) @ terms for start in range(0, rows, chunk)]
    )
