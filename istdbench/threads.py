"""Threads of the libraries: how many, and how they wait for each other, chosen before a library that has any starts.

The command line chooses; `import istdbench` leaves all as its caller has it, and what a user set wins. Linux alone
tells what is asked here; elsewhere the libraries choose. Processes that are started from here inherit it.

How many: one a core that this process may use. PyTorch knows of affinity, and not of a cgroup's quota, beyond which all
its threads are held up together. The number does not follow the load of the machine: sums that are shared out among
threads differ in their last bits by how many these are, so that a training would come to other weights, and
`istdbench verify` would not find the surroundings of a record again, because something else ran at the time. For the
same reason sweeps side by side do not divide the cores by how many they are: affinity does. `verify` compares bit for
bit where the threads are as many as in the record, and else within its tolerance.

How they wait changes no bit, and follows the load. Each operation is shared out, and a thread that is done waits for
the others. GNU's OpenMP (libgomp) lets it spin 300,000 times, which is fastest where each thread has a core, and slow
beyond measure where another program needs that core. So threads spin, a shorter time, where every one of them finds a
free core as the command starts, and sleep where one does not. Measured, `benchmarks/neighbours.py` on two cores, as
multiples of one thread: asleep 0.9 beside a Python loop, 0.7 beside a PyTorch process and 1.3 beside three, where
libgomp's own way takes 1.6, 1.7 and 22; alone, spinning 20,000 times is as fast as by libgomp's own way, and sleeping
takes 1.2 to 1.7 times as long. Neighbours that come later are not seen: beside three, spinning so takes 3.2.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

COUNTS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
WAITS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Variables by which users say how many threads there are, and how they wait."""
SPIN, SLEEP = ("GOMP_SPINCOUNT", "20000"), ("OMP_WAIT_POLICY", "PASSIVE")
CHOSEN = "ISTDBENCH_CHOSE"
"""Names the variables that were chosen here, so that whoever inherits them knows that no user set them."""
LOOKS, PAUSE = 5, 0.0015
"""How often the tasks that run are counted, and seconds between: enough to pass over those that run for a moment."""
STAT, CGROUP, MOUNT = Path("/proc/stat"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
CPUS = Path("/sys/devices/system/cpu")


def choose_threads() -> None:
    """Set the environment's variables, unless the user did; too late, and so nothing, once PyTorch is imported."""
    if "torch" in sys.modules or not STAT.is_file():
        return
    chosen, allowed = {}, allowed_cores()
    if allowed < len(_cores(os.sched_getaffinity(0))) and not _set(COUNTS):
        chosen["OMP_NUM_THREADS"] = str(allowed)
    threads = int(said) if (said := os.environ.get("OMP_NUM_THREADS", "")).isdecimal() else allowed
    if threads > 1 and not _set(WAITS):
        name, value = SPIN if threads <= free_cores() else SLEEP
        chosen[name] = value
    if chosen:
        os.environ.update(chosen, **{CHOSEN: " ".join(chosen)})


def unchoose_threads() -> None:
    """Take out of the environment what was chosen, for processes that are to choose anew."""
    for name in os.environ.pop(CHOSEN, "").split():
        os.environ.pop(name, None)


def thread_settings() -> str:
    """What is set and by whom, "OMP_NUM_THREADS=4 by the user, GOMP_SPINCOUNT=20000 by istdbench"; "" for nothing."""
    ours = os.environ.get(CHOSEN, "").split()
    return ", ".join(
        f"{name}={os.environ[name]} by {'istdbench' if name in ours else 'the user'}"
        for name in (*COUNTS, *WAITS)
        if name in os.environ
    )


def allowed_cores() -> int:
    """Cores that this process may use: those of its affinity, no more than its cgroups' quota of time, at least one."""
    cores = len(_cores(os.sched_getaffinity(0)))
    return max(1, min([cores, *(int(quota) for quota in _quotas())]))


def free_cores() -> int:
    """Cores of `allowed_cores` that are free at this moment, where what runs makes room as far as there are others.

    Tasks that run or wait for a core are counted, by the kernel and for the whole machine (proc(5), `procs_running`).
    The load average, over a minute at least, would see neither a neighbour that has just begun nor that one has gone.
    """
    every = _cores(int(path.name[3:]) for path in CPUS.glob("cpu[0-9]*"))
    return max(0, min(allowed_cores(), len(every) - _others()))


def _set(names: Iterable[str]) -> bool:
    return any(name in os.environ for name in names)


def _cores(cpus: Iterable[int]) -> set[str]:
    """The cores of logical CPUs, of which one core may have two, as the kernel names them."""
    return {_text(CPUS / f"cpu{cpu}/topology/core_cpus_list") or str(cpu) for cpu in cpus}


def _others() -> int:
    """Tasks that run or wait for a core beside this one: the median of a few looks."""
    looks = []
    for _ in range(LOOKS):
        time.sleep(PAUSE)
        lines = _text(STAT).splitlines()
        looks.append(next((int(line.split()[1]) for line in lines if line.startswith("procs_running ")), 1) - 1)
    return sorted(looks)[LOOKS // 2]


def _quotas() -> Iterator[float]:
    """Cores' worth of time that each cgroup above this process allows it, of both versions (cgroups(7))."""
    for line in _text(CGROUP).splitlines():
        _, controllers, place = line.split(":", 2)
        inside = Path(place.lstrip("/"))
        for folder in (inside, *inside.parents):  # a container may see its own group as the root
            if not controllers:
                limit = _text(MOUNT / folder / "cpu.max").split()
            elif "cpu" in controllers.split(","):
                files = (MOUNT / controllers / folder / f"cpu.cfs_{name}_us" for name in ("quota", "period"))
                limit = [_text(file) for file in files]
            else:
                break
            if len(limit) == 2 and all(number.isdecimal() for number in limit):
                yield int(limit[0]) / int(limit[1])


def _text(path: Path) -> str:
    """What a file of the system says, "" where there is none."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
