"""HDNet: its dynamic high-pass filter, and the contrasts that its scales begin with."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from istdbench.methods.convolutional.networks.hdnet import Contrasts, HDNet, high_pass


def filtered(image: np.ndarray, share: float) -> np.ndarray:
    """The filter of one image (H, W), square by square."""
    spectrum = np.fft.fftshift(np.fft.fft2(image))
    energy = np.abs(spectrum) ** 2
    row, column = (side // 2 for side in image.shape)
    squares = [(slice(row - c, row + c), slice(column - c, column + c)) for c in range(1, min(image.shape) // 2)]
    found = next((square for square in squares if energy[square].sum() >= share * energy.sum()), squares[4])
    spectrum[found] = 0
    return np.abs(np.fft.ifft2(np.fft.ifftshift(spectrum)))


@pytest.mark.parametrize("share", [0.1, 0.4, 0.8, 0.999])
@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_the_smallest_square_that_holds_the_share_is_taken_away_from_each_image(share, slope):
    random = np.random.default_rng(0)
    images = random.standard_normal((3, 16, 32)) + slope * np.arange(32) * np.arange(3)[:, None, None]
    expected = np.stack([filtered(image, share) for image in images])
    found = high_pass(torch.from_numpy(images)[:, None], share)
    torch.testing.assert_close(found[:, 0], torch.from_numpy(expected))


def test_a_level_image_has_nothing_left():
    assert high_pass(torch.full((1, 1, 16, 16), 7.0), 0.1).max() < 1e-5


@torch.no_grad()
def test_contrasts_begin_as_centre_less_neighbours_and_see_nothing_on_a_level_map():
    module, x = Contrasts(8, 8), torch.randn(1, 2, 12, 12)
    for conv in (module.near[0], module.far[0]):
        x[:] = 3.0
        assert (conv(x)[..., 2:-2, 2:-2] - conv.bias[:, None, None]).abs().max() < 1e-6
    assert torch.equal(module.mean.weight.sum((1, 2, 3)), torch.ones(2))
    assert torch.equal(module.ring.weight.sum((1, 2, 3)), -torch.ones(2))


@torch.no_grad()
def test_details_can_raise_the_logits_up_to_twice_and_turn_none():
    network, seen = HDNet(3).eval(), {}
    network.fusion.register_forward_hook(lambda _, __, output: seen.update(q=output))
    factor = network(torch.randn(1, 3, 32, 48)) / seen["q"]
    assert factor.min() >= 1.5 - 1e-5
    assert factor.max() <= 2
