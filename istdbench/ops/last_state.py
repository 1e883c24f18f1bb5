"""The state that a selective scan ends in, in closed form: the same beside every backend, which give y alone."""

from __future__ import annotations

import torch
from torch import Tensor


def last_state(u: Tensor, delta: Tensor, A: Tensor, B: Tensor) -> Tensor:
    """h_L = sum over t of exp(A (delta_(t+1) + ... + delta_L)) delta_t B_t u_t, the recurrence unrolled.

    It is made of PyTorch's operations, so that gradients pass through it. States are taken one by one: nothing of
    (batch, D, L, N) is in memory, unless gradients are asked for.

    Args:
        u, delta: (batch, D, L); delta is what the scan uses, with its bias and after its softplus.
        A: (D, N).
        B: (batch, G, N, L), of G groups of D / G channels.

    Returns:
        (batch, D, N).
    """
    later = torch.cat([delta[..., 1:], torch.zeros_like(delta[..., :1])], -1)
    until_end = later.flip(-1).cumsum(-1).flip(-1)
    added = delta * u
    channels = u.shape[1] // B.shape[1]
    states = [
        (torch.exp(A[:, n, None] * until_end) * added * B[:, :, n].repeat_interleave(channels, 1)).sum(-1)
        for n in range(A.shape[1])
    ]
    return torch.stack(states, -1)
