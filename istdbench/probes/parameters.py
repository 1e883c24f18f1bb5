"""Parameters of a network, every one of them once: `sum(p.numel())`."""

from __future__ import annotations

from collections.abc import Mapping

from istdbench.methods.spec import Method
from istdbench.probes.spec import Measured, Probe
from istdbench.probes.subject import build_network
from istdbench.spec import Scalar


def run(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Measured:
    """`parameters`, 0 for a classical method. A tensor shared by two layers counts once; size plays no part."""
    if method.kind == "classical":
        return {"parameters": 0}
    return {"parameters": sum(parameter.numel() for parameter in build_network(method, options).parameters())}


PARAMETERS = Probe("parameters", "learned parameters", run)
