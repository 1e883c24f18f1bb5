"""Fair timing on a device: CUDA events in turns after a warm-up, replays of CUDA graphs, peak memory.

On a CPU, for dry runs, the clock is perf_counter; there is no graph, and memory is not measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

Call = Callable[[], object]
SAMPLE = 2e-3  # seconds that one sample lasts at least, in as many calls as that takes: a clock tick weighs nothing
CALLS = 200  # of a sample, at most
LONG = 1.0  # a call of more seconds is sampled twice only


@dataclass(frozen=True)
class Measured:
    """Seconds of a call and the MiB it allocates at its peak beyond what was there (None: not measured)."""

    best: float
    median: float
    memory: float | None


def race(contenders: Mapping[str, Call], device: torch.device, samples: int) -> dict[str, Measured | None]:
    """Times and memory of each, taken in turns, so that a clock that changes hits all alike.

    Returns:
        None for one that the device has not the memory for.
    """
    plans = {name: _warm_up(call, device) for name, call in contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name, plan in plans.items() if plan}
    for sample in range(samples):
        for name, times in taken.items():
            if sample < 2 or times[0] < LONG:
                times.append(seconds(contenders[name], device, plans[name].calls))
    return {
        name: Measured(min(taken[name]), statistics.median(taken[name]), plan.memory) if plan else None
        for name, plan in plans.items()
    }


@dataclass(frozen=True)
class _Sample:
    calls: int
    memory: float | None


def _warm_up(call: Call, device: torch.device) -> _Sample | None:
    """Compile, tune and allocate; then how many calls make a sample, and the memory of one. None: out of memory."""
    try:
        seconds(call, device)
        memory = peak_memory(call, device)
        return _Sample(max(1, min(CALLS, int(SAMPLE / seconds(call, device)))), memory)
    except torch.OutOfMemoryError:
        pass
    _release(device)  # only now: until here the error held on to the tensors of the call
    return None


def seconds(call: Call, device: torch.device, calls: int = 1) -> float:
    """Mean seconds of some calls in a row."""
    if device.type != "cuda":
        before = time.perf_counter()
        for _ in range(calls):
            call()
        return (time.perf_counter() - before) / calls
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(calls):
        call()
    stop.record()
    stop.synchronize()
    return start.elapsed_time(stop) / 1e3 / calls


def peak_memory(call: Call, device: torch.device) -> float | None:
    """MiB that a call allocates at its peak beyond what is allocated already."""
    if device.type != "cuda":
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 2**20


def graphed(call: Call, device: torch.device) -> Call | None:
    """A replay of the call as one CUDA graph, without the launches; None where it cannot be captured."""
    if device.type != "cuda":
        return None
    graph = torch.cuda.CUDAGraph()
    try:
        _on_a_side_stream(call)
        with torch.cuda.graph(graph):
            call()
        return graph.replay
    except RuntimeError:  # out of memory, or the call waits for the device
        pass
    _release(device)
    return None


def _on_a_side_stream(call: Call) -> None:
    """A capture asks for a warm-up there."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        call()
    torch.cuda.current_stream().wait_stream(side)


def _release(device: torch.device) -> None:
    """Give back the memory that PyTorch keeps in reserve."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
