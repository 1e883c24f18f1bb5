"""Sums over images of many samples at once, each sampling scheme as one matrix product.

Terms are (n, k) float64: k numbers that each of n images adds. A seed gives the same samples on every machine.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RESAMPLES = 10_000
SEED = 0
CELLS = 1 << 22
"""Numbers of a matrix of weights that are held at once: 32 MiB."""


def resampled_sums(terms: np.ndarray, resamples: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """Sums over samples of n images drawn with replacement: (resamples, k).

    A weight is how often an image was drawn, so that a row of weights is multinomial.
    """
    images = len(terms)

    def weights(rng: np.random.Generator, rows: int) -> np.ndarray:
        drawn = rng.integers(images, size=(rows, images)) + images * np.arange(rows)[:, None]
        return np.bincount(drawn.ravel(), minlength=rows * images).reshape(rows, images)

    return _weighted_sums(terms, weights, resamples, seed)


def swapped_sums(terms: np.ndarray, permutations: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """Sums over random subsets of the images, each image in or out with even odds: (permutations, k)."""
    return _weighted_sums(terms, lambda rng, rows: rng.integers(2, size=(rows, len(terms))), permutations, seed)


def left_out_sums(terms: np.ndarray) -> np.ndarray:
    """Sums over all images but one: (n, k)."""
    return terms.sum(axis=0) - terms


def ratio(sums: np.ndarray) -> np.ndarray:
    """Part over whole of sums (..., 2): (...); NaN where the whole is zero."""
    part, whole = sums[..., 0], sums[..., 1]
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0)


def _weighted_sums(
    terms: np.ndarray, weights: Callable[[np.random.Generator, int], np.ndarray], rows: int, seed: int
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    chunk = max(1, CELLS // len(terms))
    return np.concatenate(
        [weights(rng, min(chunk, rows - start)).astype(np.float64) @ terms for start in range(0, rows, chunk)]
    )
