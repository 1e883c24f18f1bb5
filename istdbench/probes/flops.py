"""Multiply-accumulates of one forward pass, counted on the operations that really ran.

`torch.utils.flop_counter` counts convolutions, matrix products and attention; the selective scan, which no common
counter sees, is counted by the formula that `istdbench.ops` registers for it, and attention on a CPU, for which PyTorch
has an operator that its counter does not know, by the one below. Element-wise operations count nothing.
Beside it stands what thop counts, since the MiM-ISTD paper and others print thop's figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, flop_registry, register_flop_formula, sdpa_flop_count

import istdbench.ops  # noqa: F401 - registers the scan's formula
from istdbench.methods.spec import Method
from istdbench.probes.spec import Measured, Probe
from istdbench.probes.subject import build_network, network_input
from istdbench.probes.thop import thop_count
from istdbench.spec import Scalar


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return sdpa_flop_count(query, key, value)


_ON_CPU = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
if _ON_CPU not in flop_registry:
    register_flop_formula(_ON_CPU)(_attention)


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
