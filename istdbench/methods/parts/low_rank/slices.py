"""Tensors by the slices of their Fourier transform along the first axis, as the tensor SVD has them.

Source: Kilmer and Martin, Factorization strategies for third-order tensors, Linear Algebra and its Applications 435(3),
2011; Lu et al., Tensor robust principal component analysis with a new tensor nuclear norm, IEEE TPAMI 42(4), 2020.
"""

from __future__ import annotations

from collections.abc import Callable

from istdbench.lazy import numpy as np


def shrink_slices(tensor: np.ndarray, rule: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The tensor with the singular values of each slice of its Fourier transform shrunk.

    Args:
        tensor: (n_3, n_1, n_2), real.
        rule: from singular values, in falling order along the last axis, to what is left of each.
    """
    spectrum = np.fft.rfft(tensor, axis=0)
    squares, right = np.linalg.eigh(adjoint(spectrum) @ spectrum)  # of n_2 x n_2: far smaller than a whole SVD
    values, right = np.sqrt(np.maximum(squares[:, ::-1], 0)), right[:, :, ::-1]
    share = np.divide(rule(values), values, out=np.zeros_like(values), where=values > 0)
    return np.fft.irfft(spectrum @ ((right * share[:, np.newaxis]) @ adjoint(right)), n=len(tensor), axis=0)


def adjoint(matrices: np.ndarray) -> np.ndarray:
    """Conjugate transposes of matrices in the last two axes."""
    return matrices.conj().swapaxes(-1, -2)
