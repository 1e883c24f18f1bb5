"""Peak memory of one image, batch 1, beyond the loaded method.

CUDA: exact, from PyTorch's allocator. `growth_mib` is the peak minus what stood allocated before the run (weights and
image); `peak_mib` is the peak itself. The CUDA context and memory that libraries take past the allocator are left out.

CPU: `growth_mib` is how far the resident memory of this process rose above what it was with PyTorch, the method and
the image loaded. It includes activations, the output and the workspaces of libraries; it leaves out weights, image,
interpreter, and what libraries load once on their first use (some 90 MiB for PyTorch), which a first run on a
small image has brought in. Linux keeps the peak itself, as a mark that is set back before the run; elsewhere it is the
largest of samples taken every millisecond. Pages that were freed before the run and are used again do not count, so
that figures of a few MiB are lower bounds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from istdbench.lazy import torch
from istdbench.methods.method import Method
from istdbench.probes.measured import make_subject, synchronise
from istdbench.probes.probe import Measured, Probe
from istdbench.spec import Scalar

MIB = 2**20
SAMPLE_SECONDS = 1e-3
WARM_UP_SIZE = (64, 64)
KERNEL_MARK = Path("/proc/self/clear_refs")  # proc(5): 5, written to it, sets VmHWM back to what is resident now


def run(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Measured:
    """`growth_mib` and `size`; on CUDA `peak_mib` too. Classical methods run on the CPU whatever `device` says."""
    with torch.no_grad():
        make_subject(method, options, device).detector(WARM_UP_SIZE)()
        subject = make_subject(method, options, device)
        detect, where = subject.detector(size), subject.device
        measured = _cuda(detect, where) if where.startswith("cuda") else {"growth_mib": resident_growth(detect) / MIB}
    return {**measured, "size": f"{size[0]}x{size[1]}"}


def _cuda(detect: Callable[[], object], device: str) -> Measured:
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    detect()
    synchronise(device)
    peak = torch.cuda.max_memory_allocated(device)
    return {"growth_mib": (peak - before) / MIB, "peak_mib": peak / MIB}


def resident_growth(action: Callable[[], object]) -> int:
    """Bytes by which resident memory rose, at its peak, while `action` ran."""
    before = _resident()
    with _marked_peak() if KERNEL_MARK.exists() else _sampled_peak() as peak:
        kept = action()  # the output is still resident when the peak is read
        growth = peak() - before
        del kept
    return growth


@contextmanager
def _marked_peak() -> Iterator[Callable[[], int]]:
    """The kernel's own high-water mark since the block began, bytes."""
    KERNEL_MARK.write_text("5")
    status = Path("/proc/self/status")
    yield lambda: next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if "VmHWM" in line)


@contextmanager
def _sampled_peak() -> Iterator[Callable[[], int]]:
    """The largest sample since the block began, bytes."""
    stop, samples = threading.Event(), [_resident()]

    def sample() -> None:
        while not stop.wait(SAMPLE_SECONDS):
            samples.append(_resident())

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield lambda: max(*samples, _resident())
    finally:
        stop.set()
        sampler.join()


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


MEMORY = Probe("memory", "peak memory of one image beyond the loaded method", run)
