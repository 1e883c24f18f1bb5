"""Multiply-accumulates of one forward pass, counted on the operations that really ran.

`torch.utils.flop_counter` counts convolutions, matrix products and attention; the selective scan, which no common
counter sees, is counted by the formula that `istdbench.ops` registers for it, and attention on a CPU, for which PyTorch
has an operator that its counter does not know, by the one below. Element-wise operations count nothing.
Beside it stands what thop counts, since the MiM-ISTD paper and others print thop's figures.
"""

from __future__ import annotations

from collections.abc import Mapping

from istdbench.lazy import torch
from istdbench.methods.method import Method
from istdbench.probes.measured import make_subject
from istdbench.probes.probe import Measured, Probe
from istdbench.spec import Scalar


def run(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Measured:
    """`gmacs` and `thop_gmacs` (1e9 MACs; 1 MAC = 2 FLOPs), `thop_parameters` and `size`.

    Nothing for a classical method, whose work no counter of tensor operations sees.
    """
    from torch.utils.flop_counter import FlopCounterMode

    import istdbench.ops  # noqa: F401 - registers the scan's formula
    from istdbench.probes.thop import thop_count

    subject = make_subject(method, options, device)
    if subject.network is None:
        return {}
    register_attention()
    batch = subject.image(size)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        subject.network(batch)
    thop_parameters, thop_macs = thop_count(subject.network, batch)
    return {
        "gmacs": counter.get_total_flops() / 2e9,
        "thop_gmacs": thop_macs / 1e9,
        "thop_parameters": thop_parameters,
        "size": f"{size[0]}x{size[1]}",
    }


def register_attention() -> None:
    """Teach PyTorch's counter the operator of attention on a CPU, if it does not know it yet."""
    from torch.utils.flop_counter import flop_registry, register_flop_formula, sdpa_flop_count

    on_cpu = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    if on_cpu not in flop_registry:
        register_flop_formula(on_cpu)(lambda query, key, value, *_, **__: sdpa_flop_count(query, key, value))


FLOPS = Probe("flops", "multiply-accumulates of one image, the scan included", run)
