"""Dim2Clear: weights of frequencies, and the image that is given back."""

from __future__ import annotations

import numpy as np
import torch

from istdbench.methods.convolutional.networks.dim2clear import Dim2Clear, FrequencyBranch


@torch.no_grad()
def test_each_frequency_is_weighed_by_the_amplitudes_of_all_channels_and_what_comes_back_is_real():
    torch.manual_seed(0)
    branch, x = FrequencyBranch(3).double(), torch.randn(2, 3, 6, 9, dtype=torch.float64)
    first, _, last, _ = branch.weights
    numbers = np.fft.fft2(x.numpy())
    hidden = np.einsum("oc,bchw->bohw", first.weight[..., 0, 0].numpy(), np.log1p(np.abs(numbers) / np.sqrt(6 * 9)))
    hidden = np.maximum(hidden + first.bias.numpy()[:, None, None], 0)
    logits = np.einsum("oc,bchw->bohw", last.weight[..., 0, 0].numpy(), hidden) + last.bias.numpy()[:, None, None]
    expected = np.fft.ifft2(numbers / (1 + np.exp(-logits)))
    assert np.abs(expected.imag).max() < 1e-12
    np.testing.assert_allclose(branch(x).numpy(), expected.real, atol=1e-12)


@torch.no_grad()
def test_weights_of_frequencies_move_nothing():
    branch, x = FrequencyBranch(3).double(), torch.randn(1, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(branch(x.roll((2, 3), (2, 3))), branch(x).roll((2, 3), (2, 3)))


def test_the_image_is_given_back_in_training_alone_and_by_no_map_of_its_own_size():
    network, image, seen = Dim2Clear(1), torch.randn(2, 1, 40, 50), {}
    network.attentions[0].register_forward_hook(lambda _, __, output: seen.update(finest=output))
    network.attentions[1].register_forward_hook(lambda _, __, output: seen.update(half=output))
    answer = network.train()(image)
    assert answer.image.shape == image.shape
    finest, half = torch.autograd.grad(answer.image.sum(), list(seen.values()), allow_unused=True, retain_graph=True)
    assert finest is None and half.any()
    assert all(gradient.any() for gradient in torch.autograd.grad(answer.masks[0].sum(), list(seen.values())))
    assert isinstance(network.eval()(image), torch.Tensor)
