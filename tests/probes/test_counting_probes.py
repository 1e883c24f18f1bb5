"""Parameters and multiply-accumulates against counts made by hand."""

from __future__ import annotations

import pytest
import tiny
import torch
from torch import nn
from torch.nn import functional as F

from istdbench.methods.method import Learned
from istdbench.ops import selective_scan
from istdbench.probes.flops import FLOPS
from istdbench.probes.parameters import PARAMETERS


@pytest.mark.parametrize(
    ("options", "parameters"),
    [({}, (3 * 9 * 4 + 4) + (4 + 1)), ({"width": 7}, (3 * 9 * 7 + 7) + (7 + 1))],
)
def test_weights_and_biases_are_counted(options: dict[str, int], parameters: int) -> None:
    assert PARAMETERS.run(tiny.LEARNED, options, (8, 8), "cpu") == {"parameters": parameters}


def test_a_classical_method_has_no_parameters() -> None:
    assert PARAMETERS.run(tiny.CLASSICAL, {}, (8, 8), "cpu") == {"parameters": 0}


def test_a_convolution_costs_one_mac_per_weight_and_output_pixel() -> None:
    measured = FLOPS.run(tiny.LEARNED, {}, (16, 24), "cpu")
    macs = 16 * 24 * (3 * 9 * 4 + 4)
    assert measured["gmacs"] == pytest.approx(macs / 1e9, rel=1e-12)
    assert measured["thop_gmacs"] == pytest.approx(macs / 1e9, rel=1e-12)
    assert measured["thop_parameters"] == (3 * 9 * 4 + 4) + (4 + 1)
    assert measured["size"] == "16x24"


def test_a_classical_method_has_no_flops() -> None:
    assert FLOPS.run(tiny.CLASSICAL, {}, (8, 8), "cpu") == {}


class ScanOnly(nn.Module):
    """A network that does nothing but one selective scan over the pixels of one channel, with N = 2 states."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        u = x.flatten(2)
        states = torch.ones(1, 2, u.shape[-1])
        return selective_scan(u, torch.ones_like(u), -torch.ones(1, 2), states, states).view_as(x)


def test_a_scan_counts_though_no_common_counter_sees_it() -> None:
    scan = Learned(name="scan", summary="", paper="", build=ScanOnly)
    measured = FLOPS.run(scan, {}, (4, 4), "cpu")
    assert measured["gmacs"] == pytest.approx(16 * (7 * 2 + 3) / 2 / 1e9)  # istdbench.ops.scan_flops: 7 N + 3 FLOPs


class AttentionOnly(nn.Module):
    """A network that does nothing but attention of the rows of an image to each other."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.scaled_dot_product_attention(x, x, x)


def test_attention_costs_its_two_matrix_products() -> None:
    attention = Learned(name="attention", summary="", paper="", build=AttentionOnly)
    measured = FLOPS.run(attention, {}, (6, 8), "cpu")
    assert measured["gmacs"] == pytest.approx(2 * 6 * 6 * 8 / 1e9)
