"""The built-in probes, registered as any plugin registers its own."""

from __future__ import annotations

from istdbench.plugins import hookimpl
from istdbench.probes.flops import FLOPS
from istdbench.probes.latency import LATENCY
from istdbench.probes.memory import MEMORY
from istdbench.probes.parameters import PARAMETERS
from istdbench.probes.spec import Probe


@hookimpl
def register_probes() -> list[Probe]:
    """Costs of one image, in the order in which tables show them."""
    return [PARAMETERS, FLOPS, LATENCY, MEMORY]
