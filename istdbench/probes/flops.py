"""Multiply-accumulates of one forward pass, counted on the operations that really ran.

`torch.utils.flop_counter` counts convolutions, matrix products and attention; the selective scan, which no common
counter sees, is counted by the formula that `istdbench.ops` registers for it. Element-wise operations count nothing.
Beside it stands what thop counts, since the MiM-ISTD paper and others print thop's figures.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.utils.flop_counter import FlopCounterMode

import istdbench.ops  # noqa: F401 - registers the scan's formula
from istdbench.methods.spec import Method
from istdbench.probes.spec import Measured, Probe
from istdbench.probes.subject import build_network, network_input
from istdbench.probes.thop import thop_count
from istdbench.spec import Scalar


def run(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Measured:
    """`gmacs` and `thop_gmacs` (1e9 MACs; 1 MAC = 2 FLOPs), `thop_parameters` and `size`.

    Nothing for a classical method, whose work no counter of tensor operations sees.
    """
    if method.kind == "classical":
        return {}
    network, batch = build_network(method, options, device), network_input(method, size, device)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(batch)
    thop_parameters, thop_macs = thop_count(network, batch)
    return {
        "gmacs": counter.get_total_flops() / 2e9,
        "thop_gmacs": thop_macs / 1e9,
        "thop_parameters": thop_parameters,
        "size": f"{size[0]}x{size[1]}",
    }


FLOPS = Probe("flops", "multiply-accumulates of one image, the scan included", run)
