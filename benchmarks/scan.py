"""Every scan backend that runs here beside mamba-ssm's reference semantics, in one run: `python benchmarks/scan.py`.

Quote the ratios, not the times. With `--quick`, lengths and batches are a sixteenth: a check that the script runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from tabulate import tabulate
from torch import Tensor

from istdbench.ops import backends
from istdbench.ops.backends import choose
from istdbench.ops.orders import cross_scan

ORDERS, STATES = 4, 16
# MiM-ISTD at 512 x 512: its inner Mamba (sentences of 4 x 4 words) and its outer Mamba (64 x 64 sentences), stage 1
SHAPES = {"inner": (4096, 4, 16), "outer": (1, 64, 64)}
QUADRATIC = 512  # the reference's backward takes a time that grows with length squared: longer ones are extrapolated


def mamba_reference(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, D: Tensor) -> Tensor:
    """`selective_scan_ref` of mamba-ssm restated: u, delta (batch, D, length); B, C (batch, groups, N, length)."""
    B, C = (matrix.repeat_interleave(u.shape[1] // matrix.shape[1], 1) for matrix in (B, C))
    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta, A))
    inputs = torch.einsum("bdl,bdnl,bdl->bdln", delta, B, u)
    h = u.new_zeros(*u.shape[:2], A.shape[1])
    ys = []
    for t in range(u.shape[2]):
        h = decay[:, :, t] * h + inputs[:, :, t]
        ys.append(torch.einsum("bdn,bdn->bd", h, C[:, :, :, t]))
    return torch.stack(ys, 2) + u * D[:, None]


def reference_case(batch: int, side: int, channels: int) -> tuple[Callable[..., Tensor], list[Tensor]]:
    wide = ORDERS * channels
    sequence, matrix = (batch, wide, side * side), (batch, ORDERS, STATES, side * side)
    inputs = [torch.randn(sequence), torch.rand(sequence), -torch.rand(wide, STATES), *torch.randn(2, *matrix)]
    return mamba_reference, [*inputs, torch.randn(wide)]


def backend_case(name: str, batch: int, side: int, channels: int) -> tuple[Callable[..., Tensor], list[Tensor]]:
    length = side * side
    orders = cross_scan(side, side)
    inputs = [
        torch.randn(batch, length, channels),
        torch.randn(ORDERS, batch, length, channels),
        torch.randn(batch, length, ORDERS, 2, STATES),
        -torch.rand(ORDERS, channels, STATES),
        *torch.randn(2, ORDERS, channels),
    ]
    scan = choose(inputs[0], STATES, name).multi_scan
    return lambda *tensors: scan(*tensors, orders, True), inputs


def seconds(function: Callable[..., Tensor], inputs: list[Tensor], backward: bool) -> float:
    """The least time of a call: of one that takes over 10 seconds, else of at least two, up to 2 seconds."""
    inputs = [tensor.requires_grad_(backward) for tensor in inputs]
    times: list[float] = []
    while len(times) < 2 or (sum(times) < 2 and len(times) < 30):
        start = time.perf_counter()
        y = function(*inputs)
        if backward:
            torch.autograd.grad(y.sum(), inputs)
        times.append(time.perf_counter() - start)
        if times[0] > 10:
            break
    return min(times)


def reference_seconds(batch: int, side: int, channels: int, backward: bool) -> float:
    short, scale = side, 1.0
    while backward and short * short > QUADRATIC:
        short, scale = short // 2, scale * 16
    return scale * seconds(*reference_case(batch, short, channels), backward)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small shapes")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    rows = []
    for shape, (batch, side, channels) in SHAPES.items():
        if options.quick:
            batch, side = max(1, batch // 16), max(4, side // 4)
        for threads in options.threads:
            torch.set_num_threads(threads)
            for backward in (False, True):
                base = reference_seconds(batch, side, channels, backward)
                what = f"{shape} {'forward + backward' if backward else 'forward'}, {threads} threads"
                row = {"": what, "mamba-ssm reference": f"{base * 1e3:.0f} ms"}
                for name, reason in backends().items():
                    if not reason and name != "mamba_ssm":
                        spent = seconds(*backend_case(name, batch, side, channels), backward)
                        row[name] = f"{base / spent:.1f} x ({spent * 1e3:.1f} ms)"
                rows.append(row)
                print(*row.values(), sep="; ", flush=True)
    print("\n" + tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
