"""ISTDU-Net: weights of splits, the learned memory, and which head is evaluated."""

from __future__ import annotations

import torch
from stand_ins import noise

from istdbench.methods.convolutional.networks.istdu import ExternalAttention, ISTDUNet, SplitAttention
from istdbench.methods.outputs import Outputs


@torch.no_grad()
def test_a_channel_is_a_mean_of_its_two_splits_with_the_weights_of_its_group():
    attention, x = SplitAttention(16).eval(), noise(2, 16, 6, 7)
    one, two = attention.splits(x).chunk(2, dim=1)
    weights = attention.weights((one + two).mean((2, 3), keepdim=True)).flatten(1)
    expected = torch.empty_like(one)
    for channel in range(16):
        group, within = divmod(channel, 4)
        first = torch.sigmoid(weights[:, 8 * group + within] - weights[:, 8 * group + 4 + within])[:, None, None]
        expected[:, channel] = first * one[:, channel] + (1 - first) * two[:, channel]
    torch.testing.assert_close(attention(x), expected)


@torch.no_grad()
def test_a_pixel_is_given_the_values_of_the_keys_that_it_answers_to():
    attention, x = ExternalAttention(8).eval(), noise(1, 8, 4, 5)
    attention.query.weight.copy_(torch.eye(8)[..., None, None])
    attention.query.bias.zero_()
    pixels, keys = x.flatten(2)[0], attention.keys.weight[..., 0]
    likeness = torch.softmax(keys @ pixels, dim=1)
    mixture = keys.T @ (likeness / likeness.sum(0))
    torch.testing.assert_close(attention(x) - x, attention.project(mixture.reshape(1, 8, 4, 5)))


def test_keys_and_values_begin_equal_and_learn_apart():
    attention = ExternalAttention(8)
    assert torch.equal(attention.keys.weight, attention.values.weight.transpose(0, 1))
    attention.keys.weight.data.zero_()
    assert attention.values.weight.any()


def test_the_second_head_is_of_training_alone():
    network, image = ISTDUNet(), noise(2, 1, 20, 30)
    outputs = network.train()(image)
    assert isinstance(outputs, Outputs)
    assert [tuple(head.shape) for head in outputs.masks] == [(2, 1, 20, 30)] * 2
    network.side_head.apply(lambda module: module.register_forward_hook(lambda *_: 1 / 0))
    assert network.eval()(image).shape == image.shape
