"""Parameters of a network, every one of them once: `sum(p.numel())`."""

from __future__ import annotations

from collections.abc import Mapping

from istdbench.methods.method import Method
from istdbench.probes.measured import make_subject
from istdbench.probes.probe import Measured, Probe
from istdbench.spec import Scalar


def run(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Measured:
    """`parameters`, 0 for a classical method. A tensor shared by two layers counts once; size plays no part."""
    network = make_subject(method, options).network
    return {"parameters": 0 if network is None else sum(parameter.numel() for parameter in network.parameters())}


PARAMETERS = Probe("parameters", "learned parameters", run)
