"""Singular value shrinkage of large matrices of low rank, without a whole singular value decomposition.

A patch-image of a 512 x 512 image is 2500 x 2209, a full decomposition takes seconds, and a solver wants dozens of
them, each of a matrix close to the last one and each for its few largest values. So the basis of the last matrix starts
the subspace iteration of the next.

Source: Halko, Martinsson and Tropp, Finding structure with randomness, SIAM Review 53(2), 2011, Algorithm 4.4, with the
warm start in place of a random one; Liu, Wen and Zhang, Limited memory block Krylov subspace optimization, SIAM J. Sci.
Comput. 35(3), 2013, for why a warm start suffices.
"""

from __future__ import annotations

from collections.abc import Callable

from istdbench.lazy import numpy as np

FIRST = 10
"""Singular values looked for in the first matrix; more are looked for where these do not suffice."""
MOST_PASSES = 100
"""For values so close together that they hardly settle: then any basis of their space does."""

Shrink = Callable[["np.ndarray"], "np.ndarray"]


class LeadingSVD:
    """Shrinks the singular values of one matrix after another, all of one shape (m, n).

    Every draw comes from a generator of its own, so that the same matrices give the same bits.
    """

    def __init__(self, columns: int, dtype: np.dtype, settled: float) -> None:
        """For matrices of so many columns.

        Args:
            settled: relative change of a singular value from one pass to the next that ends the iteration.
        """
        self._settled = settled
        self._draw = np.random.default_rng(0)
        self._basis = np.empty((columns, 0), dtype)
        self._widen(FIRST)

    def shrink(self, matrix: np.ndarray, rule: Shrink) -> tuple[np.ndarray, np.ndarray]:
        """The matrix with its singular values shrunk, and the values that are left.

        Args:
            matrix: (m, n).
            rule: from the largest singular values, in falling order, to what is left of each; where nothing is left
                of one, nothing is left of those below.

        Returns:
            (m, n) of lower rank, and its singular values in falling order, all positive.
        """
        for _ in range(MOST_PASSES):
            image = matrix @ self._basis
            left = np.linalg.qr(image)[0]
            right = matrix.T @ left
            squares, turn = np.linalg.eigh(right.T @ right)
            values, turn = np.sqrt(np.maximum(squares[::-1], 0)), turn[:, ::-1]
            kept = rule(values)
            rank = int(np.count_nonzero(kept))
            right = right @ turn  # columns of length `values`
            self._basis = right / np.maximum(values, np.finfo(values.dtype).tiny)
            if rank == len(values) < min(matrix.shape):
                self._widen(len(values) // 2)
            elif np.allclose(np.sort(np.linalg.norm(image, axis=0))[::-1][:rank], values[:rank], rtol=self._settled):
                break
        self._basis = self._basis[:, : rank + max(FIRST // 2, rank // 3)]  # for a rank that grows
        scale = (kept[:rank] / values[:rank]).astype(matrix.dtype)
        return (left @ (turn[:, :rank] * scale)) @ right[:, :rank].T, kept[:rank]

    def _widen(self, by: int) -> None:
        """Look for `by` more values, from random directions."""
        rows, columns = self._basis.shape
        more = self._draw.standard_normal((rows, min(by, rows - columns))) / np.sqrt(rows)
        self._basis = np.hstack([self._basis, more.astype(self._basis.dtype)])
