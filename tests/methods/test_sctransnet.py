"""SCTransNet: attention from channel to channel, the feed-forward network, and what the decoder takes."""

from __future__ import annotations

import math

import torch

from istdbench.methods.convolutional.networks.cross_transformer import CrossAttention, FeedForward
from istdbench.methods.convolutional.networks.sctransnet import SCTransNet


@torch.no_grad()
def test_each_channel_of_a_scale_is_a_mixture_of_the_channels_of_all():
    torch.manual_seed(0)
    attention = CrossAttention((4, 6)).double()
    scales = [torch.randn(2, channels, 3, 5, dtype=torch.float64) for channels in (4, 6)]
    together = torch.randn(2, 10, 3, 5, dtype=torch.float64)
    found = attention(scales, together)
    keys, values = (part(together).flatten(2) for part in (attention.keys, attention.values))
    for x, query, last, y in zip(scales, attention.queries, attention.last, found, strict=True):
        for image in range(2):
            cosines = torch.cosine_similarity(query(x).flatten(2)[image, :, None], keys[image, None], dim=-1)
            similarity = cosines / math.sqrt(10)
            spread = (similarity.var(unbiased=False) + 1e-5).sqrt()
            mixed = ((similarity - similarity.mean()) / spread).softmax(1) @ values[image]
            torch.testing.assert_close(y[image], last(mixed.view(1, -1, 3, 5))[0])


@torch.no_grad()
def test_the_weight_of_a_channel_follows_from_the_means_of_three():
    feed, x = FeedForward(8), torch.randn(1, 8, 6, 7)
    weighted = feed(x)
    feed.weights.weight.zero_()
    plain = 2 * feed(x)
    feed.weights.weight[0, 0, 2] = 1.0
    means = torch.nn.functional.pad(plain.mean((2, 3)), (0, 1))[0, 1:]
    torch.testing.assert_close(feed(x), plain * means.sigmoid()[:, None, None])
    assert not torch.allclose(weighted, plain / 2)


@torch.no_grad()
def test_the_decoder_takes_the_encoders_map_twice_and_the_transformers_answer():
    network, seen = SCTransNet().eval(), {}
    network.transformer.register_forward_hook(lambda _, inputs, output: seen.update(maps=inputs[0], answer=output))
    network.decoder[0].register_forward_hook(lambda _, inputs, __: seen.update(skip=inputs[0]))
    network(torch.randn(1, 1, 32, 48))
    torch.testing.assert_close(seen["skip"], 2 * seen["maps"][0] + seen["answer"][0])
