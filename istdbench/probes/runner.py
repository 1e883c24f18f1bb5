"""Runs each probe in a process of its own, so that neither a failure nor the memory of one affects another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping

from istdbench.methods.method import Method
from istdbench.probes.probe import Measured, Probe, ProbeError
from istdbench.spec import Scalar

CHILD = (sys.executable, "-m", "istdbench.probes.child")
LAST_LINES = 8


def run_probe(
    probe: Probe,
    method: Method,
    options: Mapping[str, Scalar],
    size: tuple[int, int] = (512, 512),
    device: str = "cpu",
    timeout: float = 600.0,
) -> Measured:
    """Measure one method at one image size in a fresh interpreter, which finds both by their registered names.

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
    try:
        done = subprocess.run(CHILD, input=json.dumps(request), capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise ProbeError(f"{what}: not done after {timeout:g} s; try a smaller size or a longer timeout") from error
    if done.returncode != 0:
        raise ProbeError(f"{what}: {_reason(done.returncode)}\n{_last_lines(done.stderr)}".rstrip())
    try:
        measured = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise ProbeError(f"{what}: no answer\n{_last_lines(done.stdout + done.stderr)}".rstrip()) from error
    if not isinstance(measured, dict) or not all(isinstance(value, int | float | str) for value in measured.values()):
        raise ProbeError(f"{what}: answered {measured!r}; a probe returns names and what it measured, numbers or texts")
    return measured


def _reason(code: int) -> str:
    if code == -signal.SIGKILL:
        return "killed (SIGKILL), most likely for want of memory; try a smaller size"
    return f"killed ({signal.Signals(-code).name})" if code < 0 else f"failed with exit code {code}"


def _last_lines(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-LAST_LINES:])
