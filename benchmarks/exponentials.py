"""A Triton kernel that takes exponentials and does nothing else, for the rate that a GPU reaches."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

ELEMENTS, WARPS = 1024, 4  # eight chains of dependent exponentials a thread hide each other's latency
ROUNDS = 4096


@triton.jit
def chains(results, ROUNDS: tl.constexpr, ELEMENTS: tl.constexpr):
    """x = 2^-x again and again stays in (0, 1]. The sign is an addition, of which a GPU does eight in the same time."""
    index = tl.program_id(0) * ELEMENTS + tl.arange(0, ELEMENTS)
    x = index.to(tl.float32) * 1e-6
    for _ in range(ROUNDS):
        x = tl.exp2(-x)
    tl.store(results + index, x)


def take(count: int, device: torch.device) -> None:
    """Take `count` exponentials, a multiple of ROUNDS * ELEMENTS."""
    programs = count // (ROUNDS * ELEMENTS)
    results = torch.empty(programs * ELEMENTS, device=device)
    chains[(programs,)](results, ROUNDS, ELEMENTS, num_warps=WARPS)
