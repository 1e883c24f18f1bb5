"""Bilinear resizing by two products, beside PyTorch's operator: values and gradients."""

import pytest
import torch
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import Doubling, bilinear, by_products


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", [(8, 10), (16, 20), (5, 7), (3, 31), (1, 1)])
def test_products_resize_as_the_operator_does(size, align_corners):
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    expected = F.interpolate(x, size, mode="bilinear", align_corners=align_corners)
    found = by_products(x, size, align_corners)
    torch.testing.assert_close(found, expected)
    dy = torch.randn_like(expected)
    torch.testing.assert_close(torch.autograd.grad(found, x, dy), torch.autograd.grad(expected, x, dy))


def test_half_precision_is_resized_in_float32_and_given_back():
    x = torch.randn(1, 2, 6, 6).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        found = by_products(x, (12, 12), align_corners=True)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, F.interpolate(x, (12, 12), mode="bilinear", align_corners=True))


def test_on_a_cpu_it_is_the_operator_bit_for_bit():
    x = torch.randn(1, 2, 6, 9, requires_grad=True)
    for scale, align_corners in ((2, True), (4, False), (0.5, True)):
        expected = F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=align_corners)
        assert torch.equal(bilinear(x, scale_factor=scale, align_corners=align_corners), expected)
    assert torch.equal(Doubling()(x), F.interpolate(x, scale_factor=2, mode="bilinear"))
