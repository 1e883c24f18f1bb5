"""Runs probes in processes apart, so that neither a failure nor the memory of one affects another.

On a CPU every probe has a process to itself: resident memory does not tell whose it is. On a GPU PyTorch's allocator
does, and starting Python, PyTorch and CUDA takes longer than most measurements: there the probes of what is built in
share one process a device. One that fails ends it, and the next probe gets a new one.
"""

from __future__ import annotations

import atexit
import json
import signal
import sys
from collections.abc import Iterable, Mapping

from istdbench.methods.method import Method
from istdbench.probes.probe import Measured, Probe, ProbeError
from istdbench.probes.process import AnsweringProcess, indented
from istdbench.registry import BUILT_IN, METHODS, PROBES
from istdbench.spec import Scalar

# on a GPU with the device as an argument, which it makes ready before it is asked
CHILD = (sys.executable, "-m", "istdbench.probes.child")
_shared: dict[str, AnsweringProcess] = {}


def run_probe(
    probe: Probe,
    method: Method,
    options: Mapping[str, Scalar],
    size: tuple[int, int] = (512, 512),
    device: str = "cpu",
    timeout: float = 600.0,
) -> Measured:
    """Measure one method at one image size in another interpreter, which finds both by their registered names.

    Args:
        options: the method's, as given; its defaults fill the rest.
        size: (H, W) in pixels.
        timeout: seconds after which the process is ended.

    Raises:
        UsageError: an option that the method does not have.
        ProbeError: the process failed, was killed or took too long; its last lines are in the message.
    """
    what = f"probe {probe.name} of {method.name} at {size[0]}x{size[1]} on {device}"
    request = {
        "probe": probe.name,
        "method": method.name,
        "options": method.resolve(options),
        "size": size,
        "device": device,
    }
    shared = _may_share(probe, method, device)
    process = (_shared.pop(device, None) if shared else None) or _begin(device)
    try:
        answer = process.ask(json.dumps(request), timeout)
    except TimeoutError as error:
        raise ProbeError(f"{what}: not done after {timeout:g} s; try a smaller size or a longer timeout") from error
    if shared and answer:
        _shared[device] = process
    elif (code := process.close()) != 0:
        raise ProbeError(f"{what}: {_reason(code)}\n{process.last_lines()}".rstrip())
    try:
        measured = json.loads(answer)
    except json.JSONDecodeError as error:
        raise ProbeError(f"{what}: no answer\n{indented(answer) or process.last_lines()}".rstrip()) from error
    if not isinstance(measured, dict) or not all(isinstance(value, int | float | str) for value in measured.values()):
        raise ProbeError(f"{what}: answered {measured!r}; a probe returns names and what it measured, numbers or texts")
    return measured


def start_shared(probes: Iterable[Probe], method: Method, device: str) -> None:
    """Begin the process that probes of a method will share, if any do: it is ready when it is first asked."""
    if device not in _shared and any(_may_share(probe, method, device) for probe in probes):
        _shared[device] = _begin(device)


def _begin(device: str) -> AnsweringProcess:
    return AnsweringProcess(CHILD if device == "cpu" else (*CHILD, device))


def _may_share(probe: Probe, method: Method, device: str) -> bool:
    """Whether what runs there is known to leave nothing behind: what a stranger's code does to a process is not."""
    known = probe.name in PROBES.names() and method.name in METHODS.names()
    return device != "cpu" and known and {PROBES.origin(probe.name), METHODS.origin(method.name)} == {BUILT_IN}


@atexit.register
def _close_shared() -> None:
    while _shared:
        _shared.popitem()[1].close()


def _reason(code: int) -> str:
    if code == -signal.SIGKILL:
        return "killed (SIGKILL), most likely for want of memory; try a smaller size"
    return f"killed ({signal.Signals(-code).name})" if code < 0 else f"failed with exit code {code}"
