"""Every scan backend that runs here on a CPU beside mamba-ssm's reference semantics: `python benchmarks/scan.py`.

Three tables: the scan alone (delta given by channel, so that all do the same work); the whole 2-D core with
its projections, against the usual pipeline of four copies; `c` against the bandwidth and exponentials of the machine.
All take turns within one run: quote the ratios, not the times. Memory is the growth of a fresh process, on one thread.
With `--quick`, small shapes on one thread, in under a minute.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import torch
from pipelines import fold, four_copies, mamba_reference, peak_memory, race, unfold
from tabulate import tabulate
from torch import Tensor

from istdbench.errors import UsageError
from istdbench.ops import backends, selective_scan, ss2d
from istdbench.ops.backends.c import library
from istdbench.ops.choice import choose
from istdbench.ops.contract import ScanInputs
from istdbench.ops.orders import cross_scan

ORDERS, STATES = 4, 16
Shape = tuple[int, int, int]  # batch, side of the map, channels
# MiM-ISTD at 512 x 512: its inner Mamba (sentences of 4 x 4 words) and its outer Mamba (64 x 64 sentences), stage 1
SHAPES: dict[str, Shape] = {"inner": (4096, 4, 16), "outer": (1, 64, 64)}
QUICK: dict[str, Shape] = {"inner": (64, 4, 16), "outer": (1, 8, 64)}
TINY: Shape = (1, 4, 16)
QUADRATIC = 1024  # the reference's backward takes a time that grows with length squared: longer ones are extrapolated
BUDGET = 2.0
REFERENCE, COPIES = "mamba-ssm reference", "four copies, our scan"
PASSES = {False: "forward", True: "forward + backward"}


def cpu_backends() -> list[str]:
    """The backends that run here on CPU tensors."""
    found = []
    for name in backends():
        try:
            choose(torch.empty(1), STATES, name)
        except UsageError:
            continue
        found.append(name)
    return found


def scan_case(name: str, batch: int, side: int, channels: int) -> tuple[Callable[..., Tensor], list[Tensor]]:
    """The scan alone, by one of the backends or by the reference in its own layouts; and the same inputs for all."""
    torch.manual_seed(0)
    length = side * side
    x = torch.randn(batch, length, channels)
    dt = torch.randn(ORDERS, batch, length, channels)
    proj = torch.randn(batch, length, ORDERS, 2 * STATES)
    A, D, bias = -torch.rand(ORDERS, channels, STATES), *torch.randn(2, ORDERS, channels)
    orders = cross_scan(side, side)
    if name != REFERENCE:
        scan = choose(x, STATES, name).multi_scan
        inputs = [x, dt, proj, x.new_empty(ORDERS, channels, 0), A, D, bias]
        return lambda *tensors: scan(ScanInputs(*tensors, orders, True)), inputs
    delta = torch.stack([one[:, order].mT for one, order in zip(dt, orders, strict=True)], 1)
    matrices = torch.stack([proj[:, order, k].mT for k, order in enumerate(orders)], 1)
    B, C = (matrix.contiguous() for matrix in matrices.split(STATES, 2))
    per_channel = (tensor.flatten(0, 1) for tensor in (A, D, bias))
    A, D, bias = per_channel
    inputs = [unfold(x).flatten(1, 2), delta.flatten(1, 2), A, B, C, D, bias]
    return lambda *tensors: mamba_reference(*tensors, delta_softplus=True), inputs


def core_case(name: str, batch: int, side: int, channels: int) -> tuple[Callable[..., Tensor], list[Tensor]]:
    """The whole 2-D core, projections and all: by the usual pipeline twice, or by ss2d with one of the backends."""
    torch.manual_seed(0)
    rank = math.ceil(channels / 32)  # of a block with channels / 2 before its expansion
    orders = cross_scan(side, side)
    inputs = [
        torch.randn(batch, side * side, channels),
        torch.randn(ORDERS, rank + 2 * STATES, channels) * channels**-0.5,
        torch.randn(ORDERS, channels, rank),
        torch.randn(ORDERS, channels),
        torch.rand(ORDERS, channels, STATES),
        torch.randn(ORDERS, channels),
    ]
    if name in (REFERENCE, COPIES):
        core = four_copies(mamba_reference if name == REFERENCE else selective_scan)
        return lambda x, *parameters: core(x, orders, *parameters), inputs
    return lambda x, *parameters: ss2d(x, orders, *parameters, backend=name), inputs


CASES = {"scan": scan_case, "core": core_case}


def make_call(case: str, name: str, shape: Shape, backward: bool) -> Callable[[], object]:
    function, inputs = CASES[case](name, *shape)
    for tensor in inputs:
        tensor.requires_grad_(backward)

    def call() -> object:
        y = function(*inputs)
        return torch.autograd.grad(y, inputs, torch.ones_like(y)) if backward else y

    return call


def check(case: str, names: list[str], shape: Shape) -> None:
    """All contenders give the same numbers, on a short input."""
    batch, side, channels = shape
    expected, *others = (make_call(case, name, (min(batch, 8), min(side, 8), channels), False)() for name in names)
    if case == "scan":
        expected = fold(expected.unflatten(1, (ORDERS, -1)))  # type: ignore[attr-defined]
    for name, y in zip(names[1:], others, strict=True):
        torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-4, msg=lambda text, name=name: f"{name}: {text}")


def compare(
    case: str, names: list[str], shapes: dict[str, Shape], threads: list[int], budget: float, memory: bool
) -> list[dict[str, str]]:
    """One row a shape, pass and number of threads: the reference's cost, and how many times less each other's is.

    Args:
        case: of `CASES`.
        names: of contenders, the reference first.
        shapes: by their names.
        threads: numbers of them.
        budget: seconds, see `race`.
        memory: whether it is measured too, in a fresh process a contender.
    """
    rows = []
    for place, shape in shapes.items():
        check(case, names, shape)
        for backward, what in PASSES.items():
            short, scale = reference_shape(shape, backward)
            sizes = {name: short if name == REFERENCE else shape for name in names}
            peaks = {name: peak(case, name, sizes[name], backward) for name in names} if memory else {}
            for count in threads:
                torch.set_num_threads(count)
                times = race({name: make_call(case, name, sizes[name], backward) for name in names}, budget=budget)
                times[REFERENCE] *= scale**2
                base, extrapolated = times[REFERENCE], f", extrapolated from L = {short[1] ** 2}" if scale > 1 else ""
                row = {"": f"{place}, {what}, {threads_text(count)}"}
                row[REFERENCE] = f"{base * 1e3:.0f} ms, {mebibytes(peaks.get(REFERENCE), scale)}{extrapolated}"
                for name in names[1:]:
                    spent = times[name]
                    column = name if name == COPIES else f"backend {name}"
                    row[column] = f"**{base / spent:.1f} x** ({spent * 1e3:.2f} ms, {mebibytes(peaks.get(name))})"
                if COPIES in names:
                    row["ss2d against four copies, same scan"] = f"**{times[COPIES] / times[names[2]]:.1f} x**"
                rows.append(row)
                print(*row.values(), sep="; ", flush=True)
    return rows


def peak(case: str, name: str, shape: Shape, backward: bool) -> float:
    return peak_memory(make_call, (case, name, shape, backward), (case, name, TINY, backward))


def mebibytes(peak: float | None, scale: int = 1) -> str:
    return "memory not measured" if peak is None else f"{peak * scale:.0f} MiB"


def reference_shape(shape: Shape, backward: bool) -> tuple[Shape, int]:
    """The shape to measure the reference on, and how many times longer the one asked for is."""
    batch, side, channels = shape
    short = side
    while backward and short * short > QUADRATIC:
        short //= 2
    return (batch, short, channels), (side // short) ** 2


def bandwidth(count: int, budget: float) -> float:
    """Bytes a second of a large copy, read and written."""
    source, target = torch.randn(2, count)
    return 2 * source.nbytes / race({"copy": lambda: target.copy_(source)}, budget=budget)["copy"]


def exponentials(threads: int, count: int, budget: float) -> float:
    """Exponentials a second by the kernel's own polynomial, nothing else to do, `count` on each thread."""
    call = library.load().scan_exponentials
    return count * threads / race({"exp": lambda: call(count, threads, 0)}, budget=budget)["exp"]


def roofline(shapes: dict[str, Shape], threads: list[int], count: int, budget: float) -> list[dict[str, str]]:
    """The `c` kernel's forward pass against what this machine could do: move its bytes, take its exponentials."""
    rows = []
    for number in threads:
        torch.set_num_threads(number)
        bytes_a_second, exps_a_second = bandwidth(count, budget), exponentials(number, count, budget)
        for place, (batch, side, channels) in shapes.items():
            steps = ORDERS * batch * side * side
            moved = 4 * (steps * (channels + 2 * STATES) + 2 * batch * side * side * channels)
            spent = race({"c": make_call("scan", "c", (batch, side, channels), False)}, budget=budget)["c"]
            floor = steps * channels * STATES / exps_a_second
            rows.append(
                {
                    "": f"{place}, {threads_text(number)}",
                    "bandwidth": f"{bytes_a_second / 1e9:.1f} GB/s",
                    "exponentials": f"{exps_a_second / 1e9:.1f} G/s",
                    "floor of bytes": f"{moved / bytes_a_second * 1e3:.2f} ms",
                    "floor of exponentials": f"{floor * 1e3:.2f} ms",
                    "c, forward": f"{spent * 1e3:.2f} ms",
                    "of the exp roofline": f"**{floor / spent:.0%}**",
                }
            )
    return rows


def threads_text(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small shapes on one thread, under a minute")
    parser.add_argument("--dry", action="store_true", help="one tiny shape, one repeat: a check that the script runs")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    shapes, budget, count = SHAPES, BUDGET, 1 << 26
    if options.quick:
        shapes, budget, count, options.threads = QUICK, 0.0, 1 << 20, [1]
    if options.dry:
        shapes, budget, count, options.threads = {"inner": TINY}, 0.0, 1 << 16, [1]
    names = cpu_backends()
    tables = {
        title: compare(case, [*usual, *names], shapes, options.threads, budget, memory=not options.dry)
        for title, case, usual in (
            ("The scan alone", "scan", [REFERENCE]),
            ("The whole 2-D core", "core", [REFERENCE, COPIES]),
        )
    }
    if "c" in names:
        tables["The roofline of `c`"] = roofline(shapes, options.threads, count, budget)
    for title, rows in tables.items():
        print(f"\n{title}\n\n" + tabulate(rows, headers="keys", tablefmt="github"))


if __name__ == "__main__":
    main()
