"""AGPCNet: attention in patches, the bins that weigh them, and images of any size."""

from __future__ import annotations

import pytest
import torch
from stand_ins import noise
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.agpcnet import AGPCNet, Context, NonLocal, bands, maxima, patch_of


@pytest.mark.parametrize("n", [1, 3, 6, 10])
@pytest.mark.parametrize(("height", "width"), [(10, 12), (32, 13)])
def test_bins_are_those_of_adaptive_pooling(height, width, n):
    x = noise(2, 3, height, width)
    assert torch.equal(maxima(x, n), F.adaptive_max_pool2d(x, n))


@pytest.mark.parametrize(("side", "n"), [(10, 10), (32, 10), (13, 6), (12, 3), (7, 1)])
def test_every_pixel_of_a_side_is_in_one_patch(side, n):
    counts = [size for _, count, size in bands(side, n) for _ in range(count)]
    assert len(counts) == n
    assert sum(counts) == side
    assert torch.equal(torch.bincount(patch_of(side, n, torch.device("cpu"))), torch.tensor(counts))


@torch.no_grad()
def test_a_patch_attends_to_itself_alone():
    block, x = NonLocal(8, reduction=4), noise(2, 8, 11, 13)
    block.gamma.fill_(0.7)
    together = block(x, 3)
    for top, bottom in ((0, 3), (3, 6), (6, 11)):
        for left, right in ((0, 4), (4, 8), (8, 13)):
            alone = block(x[..., top:bottom, left:right])
            torch.testing.assert_close(together[..., top:bottom, left:right], alone)


@torch.no_grad()
def test_a_pixel_is_given_a_mean_of_all_weighed_by_likeness():
    block, x = NonLocal(8, reduction=1), noise(1, 8, 4, 5)
    block.gamma.fill_(1.0)
    query, key, value = (conv(x).flatten(2)[0] for conv in (block.query, block.key, block.value))
    shares = torch.softmax(query.T @ key, dim=1)
    torch.testing.assert_close(block(x), x + (shares @ value.T).T.reshape(1, 8, 4, 5))


@torch.no_grad()
def test_each_patch_has_the_weights_of_its_bin():
    context, x = Context(8, 3).eval(), noise(1, 8, 11, 13)
    weights = context.weights(maxima(x, 3))
    context.gamma.fill_(1.0)
    context.conv = torch.nn.Identity()
    expected = x.clone()
    for row, rows in enumerate((slice(0, 3), slice(3, 6), slice(6, 11))):
        for column, columns in enumerate((slice(0, 4), slice(4, 8), slice(8, 13))):
            expected[..., rows, columns] *= 1 + weights[..., row, column, None, None]
    torch.testing.assert_close(context(x), expected.relu())


@torch.no_grad()
def test_a_small_image_is_the_same_image_with_zeros_below_and_to_the_right():
    network, image = AGPCNet(1).eval(), noise(1, 1, 40, 100)
    assert torch.equal(network(image), network(F.pad(image, (0, 0, 0, 40)))[..., :40, :])
