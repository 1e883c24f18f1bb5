"""Latency and memory over image sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from istdbench.methods.method import Method
from istdbench.probes.latency import LATENCY
from istdbench.probes.memory import MEMORY
from istdbench.probes.probe import Measured, ProbeError
from istdbench.probes.runner import run_probe
from istdbench.spec import Scalar, Spec

SIZES = (256, 512, 1024, 2048)


@dataclass(frozen=True)
class SizePoint:
    """One method at one size.

    Attributes:
        method: its name with the options that are not defaults.
        size: side of the square image in pixels.
        latency, memory: what the probes measured; None where they failed.
        errors: why, one message a failed probe.
    """

    method: str
    size: int
    latency: Measured | None
    memory: Measured | None
    errors: tuple[str, ...] = ()


def measure_sizes(
    method: Method,
    options: Mapping[str, Scalar],
    sizes: Sequence[int] = SIZES,
    device: str = "cpu",
    timeout: float = 600.0,
) -> Iterator[SizePoint]:
    """Measure size after size, each point as soon as it is there; a size that fails does not stop the next."""
    label = str(method.shortest(Spec(method.name, options=options)))
    for size in sizes:
        found: dict[str, Measured] = {}
        errors: list[str] = []
        for probe in (LATENCY, MEMORY):
            try:
                found[probe.name] = run_probe(probe, method, options, (size, size), device, timeout)
            except ProbeError as error:
                errors.append(str(error))
        yield SizePoint(label, size, found.get(LATENCY.name), found.get(MEMORY.name), tuple(errors))
