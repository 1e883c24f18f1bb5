"""RKformer's attention: each token attends to a few others, by connections that were drawn once and are never trained.

| symbol | meaning |
|---|---|
| x_n | token n of N = h w, one a pixel of a map (h, w), C numbers, after layer norm |
| s_n | its state in the reservoir: tanh of J randomly chosen numbers of x_n, with random signs, over sqrt(J) |
| N(n) | the K tokens that n is connected to: itself, and K - 1 at random steps away |
| q_n, v_n | query W_q s_n and value W_v x_n; the key of a token is its state |
| y_n | W_o of the sum over m in N(n) of softmax_m(q_n s_m / sqrt(d)) v_m, in heads of d = 32 numbers |

What is drawn travels with the weights, in buffers. A step is kept as a share of the map's sides, so that it means
something at every size, and goes on at the other end, so that every token is as often connected to as any other. One
step of all tokens is therefore a permutation of them, and on a GPU no gradient is added up in a random order.

Products of queries with states, and of weights with values, are element by element: 2 K N C multiplications that no
count of multiply-accumulates sees.
"""

from __future__ import annotations

import math
from random import Random

import torch
from torch import Tensor, nn

INPUTS = 4
"""J."""

CONNECTIONS = 16
"""K."""

HEAD_DIM = 32
"""d."""

PARTS = 1024
"""Of a side that steps are counted in."""


class Reservoir(nn.Module):
    """Tokens to states, without a number that is trained."""

    sources: Tensor
    signs: Tensor

    def __init__(self, channels: int, draw: Random) -> None:
        super().__init__()
        sources = [draw.sample(range(channels), channels) for _ in range(INPUTS)]
        signs = [draw.choices((-1.0, 1.0), k=channels) for _ in range(INPUTS)]
        self.register_buffer("sources", torch.tensor(sources))
        self.register_buffer("signs", torch.tensor(signs))

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, N, channels) to the same shape."""
        chosen = [tokens[..., source] * sign for source, sign in zip(self.sources, self.signs, strict=True)]
        return (torch.stack(chosen).sum(0) / math.sqrt(INPUTS)).tanh()


class RandomConnectionAttention(nn.Module):
    """RCA."""

    connections: Tensor

    def __init__(self, channels: int, draw: Random) -> None:
        """
        Args:
            channels: C, a multiple of HEAD_DIM.
            draw: what the connections are drawn from.
        """
        super().__init__()
        self.reservoir = Reservoir(channels, draw)
        self.query = nn.Linear(channels, channels, bias=False)
        self.value = nn.Linear(channels, channels, bias=False)
        self.last = nn.Linear(channels, channels)
        steps = [[0, 0], *([draw.randrange(PARTS), draw.randrange(PARTS)] for _ in range(CONNECTIONS - 1))]
        self.register_buffer("connections", torch.tensor(steps))

    def forward(self, tokens: Tensor, height: int, width: int) -> Tensor:
        """x (B, height width, C), row by row, to y of the same shape."""
        states, values = self.reservoir(tokens), self.value(tokens)
        query = self.query(states) / math.sqrt(HEAD_DIM)
        others = self.connected(height, width).unbind(0)
        scores = torch.stack([_in_heads(query * states.index_select(1, m)).sum(-1) for m in others])  # K, B, N, heads
        weights = scores.softmax(0).unbind(0)
        mixed = [
            share[..., None] * _in_heads(values.index_select(1, m)) for share, m in zip(weights, others, strict=True)
        ]
        return self.last(sum(mixed[1:], mixed[0]).flatten(2))

    def connected(self, height: int, width: int) -> Tensor:
        """N(n) of each token, (K, height width); each of the K rows holds every token once."""
        rows, columns = (
            (torch.arange(side, device=steps.device) + (steps * side // PARTS)[:, None]) % side
            for steps, side in zip(self.connections.unbind(1), (height, width), strict=True)
        )
        return (rows[:, :, None] * width + columns[:, None]).flatten(1)


def _in_heads(x: Tensor) -> Tensor:
    """(B, N, C) to (B, N, heads, HEAD_DIM)."""
    return x.unflatten(-1, (-1, HEAD_DIM))
