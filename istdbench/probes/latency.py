"""Time of one image, batch 1: the forward pass of a network, or the response and threshold of a classical method.

Reading, normalising and writing are left out. The first runs, which fill caches and choose kernels, are thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np
import torch

from istdbench.methods.spec import Method
from istdbench.probes.spec import Measured, Probe
from istdbench.probes.subject import detector, synchronise
from istdbench.results.provenance import cpu_model
from istdbench.spec import Scalar

WARM_UP = 2
RUNS = 30
LEAST_RUNS = 5
ENOUGH_SECONDS = 5.0


def run(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Measured:
    """`median_ms` and `p90_ms` over `runs`, with `device` (its model), `threads` and `size`.

    Classical methods run on the CPU whatever `device` says.
    """
    where = device if method.kind == "learned" else "cpu"
    with torch.no_grad():
        times = _times(detector(method, options, size, where), where)
    return {
        "median_ms": float(np.median(times)) * 1e3,
        "p90_ms": float(np.percentile(times, 90)) * 1e3,
        "runs": len(times),
        "device": torch.cuda.get_device_name(where) if where.startswith("cuda") else cpu_model(),
        "threads": torch.get_num_threads(),
        "size": f"{size[0]}x{size[1]}",
    }


def _times(detect: Callable[[], object], device: str) -> list[float]:
    """Seconds of each run: RUNS of them, fewer (LEAST_RUNS at least) where they take longer than ENOUGH_SECONDS."""
    for _ in range(WARM_UP):
        detect()
    times: list[float] = []
    while len(times) < LEAST_RUNS or (len(times) < RUNS and sum(times) < ENOUGH_SECONDS):
        synchronise(device)
        start = perf_counter()
        detect()
        synchronise(device)
        times.append(perf_counter() - start)
    return times


LATENCY = Probe("latency", "milliseconds of one image, batch 1", run)
