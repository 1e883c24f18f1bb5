"""Time of one image, batch 1: the forward pass of a network, or the response and threshold of a classical method.

Reading, normalising and writing are left out. The first runs, which fill caches and choose kernels, are thrown away.

A time is one of the method only where nothing else used the core. Linux counts how long a thread was ready to run and
had none (`Documentation/scheduler/sched-stats.rst`); that share of the time is measured too, so that a report can say
which figures are of a busy machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter

from istdbench.lazy import numpy as np
from istdbench.lazy import torch
from istdbench.methods.method import Method
from istdbench.probes.measured import make_subject, synchronise
from istdbench.probes.probe import Measured, Probe
from istdbench.results.provenance import cpu_model
from istdbench.spec import Scalar
from istdbench.threads import thread_settings

WARM_UP = 2
RUNS = 30
LEAST_RUNS = 5
ENOUGH_SECONDS = 5.0
SCHEDULER = Path("/proc/self/schedstat")


def run(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Measured:
    """`median_ms` and `p90_ms` over `runs`, with `device` (its model), `threads` and `size`.

    `thread_settings` says what is set of how many threads there are and how they wait, and by whom, where anything is.
    `waited_share` is the share of the timed runs that the main thread waited for a core, where the system tells.
    Classical methods run on the CPU whatever `device` says.
    """
    subject = make_subject(method, options, device)
    where = subject.device
    with torch.no_grad():
        times, waited = _times(subject.detector(size), partial(synchronise, where))
    return {
        "median_ms": float(np.median(times)) * 1e3,
        "p90_ms": float(np.percentile(times, 90)) * 1e3,
        "runs": len(times),
        "device": torch.cuda.get_device_name(where) if where.startswith("cuda") else cpu_model(),
        "threads": torch.get_num_threads(),
        "size": f"{size[0]}x{size[1]}",
        **({"thread_settings": settings} if (settings := thread_settings()) else {}),
        **({} if waited is None else {"waited_share": waited}),
    }


def _times(detect: Callable[[], object], wait: Callable[[], None]) -> tuple[list[float], float | None]:
    """Seconds of each run, and the share of the time that this thread waited for a core.

    `wait` returns when the device has done what it was given.

    There are RUNS runs, fewer (LEAST_RUNS at least) where they take longer than ENOUGH_SECONDS.
    """
    for _ in range(WARM_UP):
        detect()
    times: list[float] = []
    before, began = _waited(), perf_counter()
    while len(times) < LEAST_RUNS or (len(times) < RUNS and sum(times) < ENOUGH_SECONDS):
        wait()
        start = perf_counter()
        detect()
        wait()
        times.append(perf_counter() - start)
    after = _waited()
    return times, None if before is None or after is None else (after - before) / (perf_counter() - began)


def _waited() -> float | None:
    """Seconds that the main thread was ready to run and had no core, since it began; None where nothing tells."""
    try:
        return int(SCHEDULER.read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return None


LATENCY = Probe("latency", "milliseconds of one image, batch 1", run)
