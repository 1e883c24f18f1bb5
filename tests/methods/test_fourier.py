"""The Fourier transform as real numbers: NumPy's, and there and back."""

from __future__ import annotations

import numpy as np
import torch

from istdbench.methods.parts.fourier import magnitude, real_map, spectrum


def test_the_spectrum_is_numpys():
    x = torch.randn(2, 3, 6, 10, dtype=torch.float64)
    expected = np.fft.fft2(x.numpy())
    torch.testing.assert_close(spectrum(x), torch.from_numpy(np.stack([expected.real, expected.imag], axis=-1)))


def test_there_and_back_only_the_sign_is_lost():
    x = torch.randn(2, 3, 6, 10, dtype=torch.float64)
    torch.testing.assert_close(magnitude(spectrum(x)), x.abs())


def test_there_and_back_the_real_part_is_what_it_was():
    x = torch.randn(2, 3, 6, 10, dtype=torch.float64)
    torch.testing.assert_close(real_map(spectrum(x)), x)


def test_where_nothing_is_left_the_gradient_is_zero_and_no_nan():
    x = torch.ones(1, 1, 4, 4, requires_grad=True)
    magnitude(0 * spectrum(x)).sum().backward()
    assert not x.grad.any()
