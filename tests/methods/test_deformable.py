"""The deformable convolution against Eq. 1 of its paper, computed one pixel and one tap at a time."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.deformable import DeformableConv, deformable_conv

KERNELS = [(1, 3), (3, 1), (3, 3)]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def inputs(kernel: tuple[int, int], reach: float = 3.0) -> tuple[torch.Tensor, ...]:
    """Map, offsets with a standard deviation of `reach` pixels, modulation, weight and bias."""
    taps = math.prod(kernel)
    x = torch.randn(2, 3, 5, 6, dtype=torch.float64)
    offsets = reach * torch.randn(2, taps, 2, 5, 6, dtype=torch.float64)
    modulation = torch.rand(2, taps, 5, 6, dtype=torch.float64)
    return x, offsets, modulation, torch.randn(4, 3, *kernel, dtype=x.dtype), torch.randn(4, dtype=x.dtype)


def interpolated(channel: torch.Tensor, row: float, column: float) -> torch.Tensor:
    """A channel (H, W) between its pixels; pixels outside are 0."""
    value = torch.zeros((), dtype=channel.dtype)
    for i in (math.floor(row), math.floor(row) + 1):
        for j in (math.floor(column), math.floor(column) + 1):
            if 0 <= i < channel.shape[0] and 0 <= j < channel.shape[1]:
                value += (1 - abs(row - i)) * (1 - abs(column - j)) * channel[i, j]
    return value


def slow(x, offsets, modulation, weight, bias):
    (batch, channels, height, width), (outputs, _, rows, columns) = x.shape, weight.shape
    y = bias[None, :, None, None].repeat(batch, 1, height, width)
    for b in range(batch):
        for i in range(height):
            for j in range(width):
                for k in range(rows * columns):
                    row = i + k // columns - rows // 2 + offsets[b, k, 0, i, j].item()
                    column = j + k % columns - columns // 2 + offsets[b, k, 1, i, j].item()
                    for c in range(channels):
                        value = modulation[b, k, i, j] * interpolated(x[b, c], row, column)
                        for d in range(outputs):
                            y[b, d, i, j] += weight[d, c, k // columns, k % columns] * value
    return y


@pytest.mark.parametrize("kernel", KERNELS)
def test_each_pixel_is_the_modulated_sum_over_displaced_taps(kernel):
    arguments = inputs(kernel)
    torch.testing.assert_close(deformable_conv(*arguments), slow(*arguments))


@pytest.mark.parametrize("kernel", KERNELS)
def test_without_offsets_it_is_a_convolution_with_zeros_around(kernel):
    x, offsets, modulation, weight, bias = inputs(kernel)
    rigid = F.conv2d(x, weight, bias, padding=(kernel[0] // 2, kernel[1] // 2))
    torch.testing.assert_close(deformable_conv(x, 0 * offsets, torch.ones_like(modulation), weight, bias), rigid)


def test_offsets_are_rows_then_columns():
    x, offsets, modulation, weight, bias = inputs((1, 1))
    down_and_left = torch.tensor([2.0, -1.0], dtype=x.dtype).view(1, 1, 2, 1, 1).expand_as(offsets)
    y = deformable_conv(x, down_and_left, torch.ones_like(modulation), weight, bias)
    torch.testing.assert_close(y[..., :3, 1:], F.conv2d(x, weight, bias)[..., 2:, :-1])


@pytest.mark.parametrize("size", [(1, 7), (7, 1), (1, 1)])
def test_a_map_of_one_row_or_column_is_taken(size):
    layer, x = DeformableConv(2, 3, (3, 1)), torch.randn(1, 2, *size)
    rigid = F.conv2d(x, layer.weight, padding=(1, 0))
    torch.testing.assert_close(layer(x), rigid / 2)


@pytest.mark.parametrize("kernel", KERNELS)
def test_untrained_it_is_half_the_rigid_convolution(kernel):
    layer, x = DeformableConv(3, 4, kernel), torch.randn(2, 3, 5, 6)
    rigid = F.conv2d(x, layer.weight, padding=(kernel[0] // 2, kernel[1] // 2))
    torch.testing.assert_close(layer(x), rigid / 2)


def test_the_layer_reads_offsets_by_tap_and_modulations_last():
    layer, x = DeformableConv(3, 4, (1, 3)), torch.randn(2, 3, 5, 6)
    torch.nn.init.normal_(layer.taps.weight)
    raw = layer.taps(x)
    offsets = torch.stack([raw[:, 0:2], raw[:, 2:4], raw[:, 4:6]], dim=1)
    expected = slow(x, offsets.detach(), raw[:, 6:].sigmoid(), layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_places_far_from_the_first_pixel_are_exact_in_half_precision(dtype):
    x = torch.arange(300).remainder(2).to(dtype).expand(1, 1, 1, 300)  # every step of a pixel shows
    quarter = torch.full((1, 1, 2, 1, 300), 0.25, dtype=dtype)
    one, none = torch.ones(1, 1, 1, 1, dtype=dtype), torch.zeros(1, dtype=dtype)
    y = deformable_conv(x, quarter * torch.tensor([0, 1]).view(2, 1, 1), one.expand(1, 1, 1, 300), one, none)
    assert y.dtype == dtype
    torch.testing.assert_close(y[0, 0, 0, :-1].float(), 0.5 * x[0, 0, 0, :-1].float() + 0.25, rtol=0, atol=2e-3)


def test_gradients_reach_the_map_the_offsets_and_the_modulations():
    x, offsets, modulation, weight, bias = inputs((1, 3), reach=0.3)
    tensors = [tensor.requires_grad_() for tensor in (x, offsets, modulation, weight, bias)]
    assert torch.autograd.gradcheck(deformable_conv, tensors)
