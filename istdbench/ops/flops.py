"""How many floating-point operations a scan takes: counted step by step, and as the MiM-ISTD paper writes it.

Convention: an addition, a multiplication and an exponential are one FLOP each, so a multiply-accumulate (MAC) is two.
The bias and softplus of delta count nothing, like every activation in `torch.utils.flop_counter`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod


def projection(x: Sequence[int], x_proj: Sequence[int]) -> int:
    """FLOPs of x_proj, a matrix product, in all orders.

    Args:
        x: (batch, length, channels).
        x_proj: (orders, rank + 2 states, channels).
    """
    return 2 * prod(x) * x_proj[0] * x_proj[1]


def scan(x: Sequence[int], orders: int, states: int, rank: int) -> int:
    """FLOPs of the scan forward: 7 N + 2 R + 3 a step of one channel in one direction.

    N states: delta A (1), its exponential (1), times B (1), h = decay h + input (2), y += C h (2).
    Rank R: delta += dt_proj low (2). Once: delta x (1), y += D x (2).

    Args:
        x: (batch, length, channels).
        orders: K.
        states: N.
        rank: R, 0 where delta is given by channel.
    """
    return orders * prod(x) * (7 * states + 2 * rank + 3)


def scan_backward(x: Sequence[int], orders: int, states: int, rank: int) -> int:
    """FLOPs of the scan backward, which computes the states again: 20 N + 6 R + 9 a step of a channel in a direction.

    N states, again: delta A, exponential, times B, h (5). Gradients, g of h: g += C dy (2), dC += h dy (2),
    dB += g delta x (2), s += g B (2), q = g decay h_before (2), dA += q delta (2), ddelta += q A (2), g decay (1).
    Rank R: delta again (2), dlow += ddelta dt_proj (2), ddt_proj += ddelta low (2).
    Once: delta x (1), dx += s delta + D dy (4), ddelta += s x (2), dD += dy x (2).

    Args: see `scan`.
    """
    return orders * prod(x) * (20 * states + 6 * rank + 9)


def mim_paper_scan(length: int, channels: int, states: int) -> int:
    """8 n d N + 3 n d^2, what the MiM-ISTD paper counts for one scan: one direction of n tokens, d channels, N states.

    Its unit is the paper's own; for comparing with the paper only.
    """
    return 8 * length * channels * states + 3 * length * channels**2
