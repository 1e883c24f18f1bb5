"""Probes of one method at one size, as a record."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.probes.probe import Probe, ProbeError
from istdbench.probes.runner import run_probe
from istdbench.progress import Track, silent
from istdbench.registry import METHODS
from istdbench.results.cost import CostRecord
from istdbench.runs.to_record import provenance
from istdbench.spec import Spec


def measure(
    spec: Spec, probes: Sequence[Probe], size: tuple[int, int], device: str = "cpu", track: Track = silent
) -> CostRecord:
    """Run probes one after the other; one that fails is a note, and the others go on.

    Args:
        size: (H, W) of the image in pixels.

    Raises:
        UsageError: an unknown method or option.
    """
    method = METHODS.get(spec.name)
    name, options = str(method.shortest(spec)), method.resolve(spec.options)
    measured, notes = {}, []
    for probe in track(probes, f"probe {name}"):
        try:
            measured[probe.name] = run_probe(probe, method, options, size, device)
        except ProbeError as error:
            notes.append(str(error))
    return CostRecord(
        method=name, options=options, size=size, probes=measured, notes=notes, provenance=provenance(device)
    )
