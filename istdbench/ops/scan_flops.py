"""How many floating-point operations a scan takes, counted step by step.

Convention: an addition, a multiplication and an exponential are one FLOP each, so a multiply-accumulate (MAC) is two.
The bias and softplus of delta count nothing, like every activation in `torch.utils.flop_counter`.

Each function takes `ScanInputs` or `SS2DInputs` with a shape in the place of each tensor. N are the states, R the rank.
"""

from __future__ import annotations

from math import prod
from typing import Any

from istdbench.ops.contract import ScanInputs


def scan(shapes: Any) -> int:
    """FLOPs of the scan forward: 7 N + 2 R + 3 a step of one channel in one direction.

    N states: delta A (1), its exponential (1), times B (1), h = decay h + input (2), y += C h (2).
    Rank R: delta += dt_proj low (2). Once: delta x (1), y += D x (2).
    """
    return _steps(shapes) * (7 * _states(shapes) + 2 * shapes.dt_proj[-1] + 3)


def scan_backward(shapes: Any) -> int:
    """FLOPs of the scan backward, which computes the states again: 20 N + 6 R + 9 a step of a channel in a direction.

    N states, again: delta A, exponential, times B, h (5). Gradients, g of h: g += C dy (2), dC += h dy (2),
    dB += g delta x (2), s += g B (2), q = g decay h_before (2), dA += q delta (2), ddelta += q A (2), g decay (1).
    Rank R: delta again (2), dlow += ddelta dt_proj (2), ddt_proj += ddelta low (2).
    Once: delta x (1), dx += s delta + D dy (4), ddelta += s x (2), dD += dy x (2).
    """
    return _steps(shapes) * (20 * _states(shapes) + 6 * shapes.dt_proj[-1] + 9)


def ss2d(shapes: Any) -> int:
    """FLOPs of the projections, which are one matrix product, and of the scan."""
    return _projection(shapes) + scan(shapes)


def ss2d_backward(shapes: Any) -> int:
    """FLOPs backward: the projections again, their gradients with respect to x and to x_proj, and the scan's."""
    return 3 * _projection(shapes) + scan_backward(shapes)


def _steps(shapes: Any) -> int:
    return shapes.dt_bias[0] * prod(shapes.x)


def _states(shapes: Any) -> int:
    state_matrix: Any = shapes.A if isinstance(shapes, ScanInputs) else shapes.A_log
    return state_matrix[-1]


def _projection(shapes: Any) -> int:
    return 2 * prod(shapes.x) * shapes.x_proj[0] * shapes.x_proj[1]
