"""Finds how the Triton scan is best cut into programs on this GPU: `python benchmarks/gpu_tune.py`, about a minute.

Each number of `istdbench.ops.backends.triton.cut.Cut` in turn is set to the values below, the others staying at the
best so far. A cut's cost is the mean, over some scans of MiM-ISTD, forward and with its gradients, of its time
in CUDA graphs over that of the cut that was there before; all variants of a number are compiled side by side first, and
take turns then. The winners are printed, and written under the device's name into the table that the kernels read
(`istdbench/ops/backends/triton/tuned.json`): commit it. Results change with the cut in their last bits only.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from unittest.mock import patch

import torch
from device_timing import Call, graphed, race
from scan import SHAPES, core_case
from torch import Tensor

from istdbench.files import atomic_write
from istdbench.ops import ss2d
from istdbench.ops.backends.triton.cut import TABLE, Cut, cut_of, table
from istdbench.ops.orders import cross_scan

# what weighs most comes first, for a run that is cut short
VALUES = {
    "registers": (128, 168, 255),
    "backward_tile": (128, 256),
    "forward_tile": (128, 256),
    "chunk": (16, 32, 64),
    "shares": (1024, 2048, 4096),
    "programs": (4096, 8192, 16384),
    "ends": (64, 128, 256),
}
TUNED_FOR = SHAPES | {"training": (16384, 4, 32)}  # sentences of 16 crops of 256, with twice the channels
SAMPLES = 5
CUT = "istdbench.ops.backends.triton.cut.cut_of"


def calls(device: torch.device, backend: str, shapes: dict[str, tuple[int, int, int]]) -> Iterator[tuple[str, Call]]:
    """The scans that are tuned for, by name: each forward, and with its gradients."""
    for place, (batch, side, channels) in shapes.items():
        orders = cross_scan(side, side, device)
        inputs = [tensor.to(device) for tensor in core_case("torch", batch, side, channels)[1]]
        learned = [tensor.clone().requires_grad_() for tensor in inputs]

        def forward(inputs: list[Tensor] = inputs, orders: Tensor = orders) -> Tensor:
            x, *parameters = inputs
            return ss2d(x, orders, *parameters, backend=backend)

        def both(learned: list[Tensor] = learned, forward: Call = forward, orders: Tensor = orders) -> object:
            y = forward(learned, orders)
            return torch.autograd.grad(y, learned, torch.ones_like(y))

        yield f"{place}, forward", forward
        yield f"{place}, forward + backward", both


def seconds(cuts: dict[int, Cut], device: torch.device, tuned: dict[str, Call]) -> dict[int, float]:
    """The cost of each cut, as above, relative to the first."""
    costs = dict.fromkeys(cuts, 0.0)
    if device.type == "cuda":
        importlib.import_module("istdbench.ops.backends.triton.launches").compile_launches(lambda: look(cuts, tuned))
    for name, call in tuned.items():
        graphs = {}
        for value, cut in cuts.items():
            with patch(CUT, lambda device, cut=cut: cut):
                call()
                graphs[value] = graphed(call, device) or call
        found = {value: measured.best for value, measured in race(graphs, device, SAMPLES).items() if measured}
        first = next(iter(found.values()))
        print(f"  {name}:", ", ".join(f"{value} {best * 1e6:.1f} us" for value, best in found.items()), flush=True)
        for value in costs:
            costs[value] += found.get(value, math.inf) / first / len(tuned)
    return costs


def look(cuts: dict[int, Cut], tuned: dict[str, Call]) -> None:
    """Every call by every cut."""
    for cut in cuts.values():
        with patch(CUT, lambda device, cut=cut: cut):
            for call in tuned.values():
                call()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="one number on the CPU, by another backend; writes nothing")
    options = parser.parse_args()
    if options.dry:
        device, values, shapes = torch.device("cpu"), {"chunk": (8, 16)}, {"inner": (1, 4, 16)}
    elif torch.cuda.is_available():
        device, values, shapes = torch.device("cuda", torch.cuda.current_device()), VALUES, TUNED_FOR
    else:
        raise SystemExit("no CUDA device that PyTorch can use; --dry runs on the CPU what can be")
    tuned = dict(calls(device, "torch" if options.dry else "triton", shapes))
    best = cut_of(device)
    for number, tried in values.items():
        before = getattr(best, number)
        cuts = {value: replace(best, **{number: value}) for value in dict.fromkeys((before, *tried))}
        costs = seconds(cuts, device, tuned)
        winner = min(costs, key=costs.__getitem__)
        print(f"{number}: {winner} at {costs[winner]:.3f} of {before}", flush=True)
        best = cuts[winner]
        if not options.dry:  # after each number, for a run that is cut short
            write(torch.cuda.get_device_name(device), best)
    print(json.dumps(asdict(best), indent=2))


def write(name: str, best: Cut) -> None:
    """Put the numbers of a device into the table."""
    rows = table() | {name: best}
    atomic_write(TABLE, json.dumps({key: asdict(cut) for key, cut in rows.items()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
