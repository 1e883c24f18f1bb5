"""What a call of the scan costs beside its work: `ss2d` on a map of 2 x 2 pixels against one bare linear layer.

    OMP_NUM_THREADS=1 python benchmarks/overhead.py

MiM-ISTD makes 22 such calls a pass, so the host's time stands for much of a step on small maps. All take turns, many
calls at a time, and the least counts: quote the ratios, not the times.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from pipelines import race
from tabulate import tabulate
from torch import Tensor
from torch.nn import functional

from istdbench.ops import backends, ss2d
from istdbench.ops.orders import cross_scan

SIDE, CHANNELS, ORDERS, STATES, RANK = 2, 16, 4, 16, 1
CALLS = 5  # that are timed together


def many(call: Callable[[], object]) -> Callable[[], None]:
    def calls() -> None:
        for _ in range(CALLS):
            call()

    return calls


def contenders(backend: str) -> dict[str, Callable[[], object]]:
    """The linear layer, and the scan forward and with its gradients."""
    torch.manual_seed(0)
    x, weight, orders = torch.randn(1, SIDE**2, CHANNELS), torch.randn(CHANNELS, CHANNELS), cross_scan(SIDE, SIDE)
    shapes = (RANK + 2 * STATES, CHANNELS), (CHANNELS, RANK), (CHANNELS,), (CHANNELS, STATES), (CHANNELS,)
    x_proj, dt_proj, dt_bias, A_log, D = (torch.randn(ORDERS, *shape) for shape in shapes)
    parameters = [x_proj * CHANNELS**-0.5, dt_proj, dt_bias, A_log.sigmoid(), D]
    learned = [tensor.clone().requires_grad_() for tensor in (x, *parameters)]
    dy = torch.ones_like(x)

    def backward() -> tuple[Tensor, ...]:
        x, *rest = learned
        return torch.autograd.grad(ss2d(x, orders, *rest, backend=backend), learned, dy)

    return {
        "linear": lambda: functional.linear(x, weight),
        "ss2d, forward": lambda: ss2d(x, orders, *parameters, backend=backend),
        "ss2d, forward + backward": backward,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default="torch" if backends()["c"] else "c")
    parser.add_argument("--dry", action="store_true", help="a few calls: a check that the script runs")
    options = parser.parse_args()
    calls = {name: many(call) for name, call in contenders(options.backend).items()}
    times = race(calls, budget=0.0 if options.dry else 3.0)
    base = times["linear"]
    rows = [(name, f"{spent / CALLS * 1e6:.1f}", f"**{spent / base:.1f} x**") for name, spent in times.items()]
    print(tabulate(rows, headers=(f"backend {options.backend}", "us", "against linear"), tablefmt="github"))


if __name__ == "__main__":
    main()
