"""The check that what a method costs can be measured."""

from __future__ import annotations

import math

from istdbench.conformance.sentences import ConformanceError, doing
from istdbench.conformance.subject import Subject
from istdbench.probes.flops import FLOPS
from istdbench.probes.memory import MEMORY
from istdbench.probes.parameters import PARAMETERS

PROBES = (PARAMETERS, FLOPS, MEMORY)
"""The latency probe makes the memory probe's call, many times over."""


def probes_can_measure_it(subject: Subject) -> None:
    """Parameters, multiply-accumulates and memory of one image come out as numbers."""
    for probe in PROBES:
        with doing(f"the {probe.name} probe", "let forward() take one tensor and call each layer with tensors"):
            measured = probe.run(subject.method, subject.options, (64, 64), "cpu")
        for key, value in measured.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ConformanceError(f"the {probe.name} probe measured {key} = {value}; it cannot be recorded")
