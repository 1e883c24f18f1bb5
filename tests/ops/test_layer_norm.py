"""Which rows the kernels for few channels get; their numbers are tested in `backends/layer_norm_kernels.py`."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from istdbench.ops.backends import triton
from istdbench.ops.layer_norm import MAX_WIDTH, LayerNorm


def test_on_a_cpu_it_is_pytorchs_to_the_bit():
    ours, theirs = LayerNorm(6), nn.LayerNorm(6)
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(5, 7, 6)
    assert torch.equal(ours(x), theirs(x)) and repr(ours) == repr(theirs)


@pytest.fixture
def with_triton(monkeypatch):
    monkeypatch.setattr(triton, "why_not", lambda: "")


def fits(x, **options):
    return LayerNorm(x.shape[-1], **options)._fits(x)


@pytest.mark.parametrize("width", [1, 6, MAX_WIDTH])
def test_the_kernels_take_rows_of_few_channels(with_triton, width):
    assert fits(torch.empty(2, 3, width)) and fits(torch.empty(2, 3, width).mT.contiguous().mT)


@pytest.mark.parametrize(
    "x, options",
    [
        (torch.empty(2, MAX_WIDTH + 1), {}),
        (torch.empty(0, 6), {}),
        (torch.empty(2, 6).double(), {}),
        (torch.empty(2, 6), {"dtype": torch.float64}),
        (torch.empty(2, 6).bfloat16(), {}),
        (torch.empty(2, 6, device="meta"), {}),
        (torch.empty(2, 6), {"bias": False}),
        (torch.empty(2, 6), {"elementwise_affine": False}),
        (torch.empty(2, 6), {"eps": 0.0}),
    ],
    ids=["wide", "empty", "float64", "float64-weights", "mixed", "meta", "no-bias", "no-weights", "no-eps"],
)
def test_all_else_is_pytorchs(with_triton, x, options):
    assert not fits(x, **options)


def test_one_who_looks_on_sees_pytorchs_operator(with_triton):
    with FlopCounterMode(display=False):
        assert not fits(torch.empty(2, 6))
    graph = torch.export.export(LayerNorm(6), (torch.empty(2, 6),)).graph
    assert "aten.layer_norm.default" in [str(node.target) for node in graph.nodes]


def test_without_triton_it_is_pytorchs(monkeypatch):
    monkeypatch.setattr(triton, "why_not", lambda: "triton is not installed")
    assert not fits(torch.empty(2, 6))


@pytest.mark.parametrize("dtype", [None, torch.bfloat16], ids=["float32", "autocast"])
def test_on_a_gpu_it_gives_what_pytorch_gives(device, dtype):
    if device != "cuda" or triton.why_not():
        pytest.skip("needs a GPU and triton")
    torch.manual_seed(0)
    ours, x = LayerNorm(6).to(device), torch.randn(5, 7, 6, device=device, dtype=dtype)
    nn.init.normal_(ours.weight)
    with torch.autocast(device, dtype=torch.bfloat16, enabled=dtype is not None):
        assert ours._fits(x)
        y, theirs = ours(x), nn.functional.layer_norm(x, (6,), ours.weight, ours.bias)
    torch.testing.assert_close(y, theirs)
