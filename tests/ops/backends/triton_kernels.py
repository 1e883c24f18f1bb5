"""The Triton kernels: run by test_triton.py in a process of its own, on the CPU through triton's interpreter.

Triton is interpreted or compiled for the whole of a process, so this file is no test file of the run around it.
"""

from dataclasses import replace

import pytest
import torch
from test_every_backend import outputs, scan_inputs

from istdbench.ops.backends import reference, triton
from istdbench.ops.backends.triton import cut
from istdbench.ops.contract import ScanInputs, SS2DInputs, project


def wide(tensor):
    return tensor.double() if tensor.is_floating_point() else tensor


@pytest.fixture
def cut_by(monkeypatch):
    """Sets numbers by which a scan is cut into programs, and the longest sequence that stays in one piece."""

    def set_numbers(one_piece=cut.ONE_PIECE, ends=2, **numbers):  # few ends, since the interpreter chains them slowly
        monkeypatch.setattr(cut, "ONE_PIECE", one_piece)
        monkeypatch.setattr(cut, "cut_of", lambda device: replace(cut.table()["default"], ends=ends, **numbers))

    return set_numbers


@pytest.fixture
def scan(on_device):
    return on_device(triton.multi_scan)


@pytest.fixture
def is_accurate(scan, forward_limit):
    """Asserts that y and every gradient are; `rounding` is what the gradients of half-precision inputs may lose."""

    def check(inputs, softplus=True, rounding=0.0):
        exact = outputs(reference.multi_scan, [wide(tensor) for tensor in inputs], softplus)
        for name, found in outputs(scan, inputs, softplus).items():
            value = exact[name]
            error, size = (found - value).norm(), value.norm()
            limit = (forward_limit if name == "y" else 1e-6) + (rounding if name in ("x", "proj") else 0)
            assert error <= limit * size, f"{name}: {error / size:.1e}"

    return check


@pytest.mark.parametrize(
    "batch, length, channels, states", [(3, 5, 5, 3), (1, 1, 1, 1), (1, 16, 16, 16), (1, 3, 33, 9)]
)
def test_a_short_sequence_in_one_piece(is_accurate, batch, length, channels, states):
    is_accurate(scan_inputs(batch, length, channels, states, orders=2, rank=1, per_channel_delta=False))


@pytest.mark.parametrize(
    "batch, length, channels, states", [(2, 13, 3, 3), (1, 9, 2, 16), (1, 16, 17, 1), (1, 9, 2, 33)]
)
def test_a_long_sequence_in_chunks(is_accurate, cut_by, batch, length, channels, states):
    cut_by(one_piece=8, chunk=8)
    is_accurate(scan_inputs(batch, length, channels, states, orders=2, rank=1, per_channel_delta=False))


def test_a_sequence_longer_than_a_real_chunk(is_accurate):
    is_accurate(scan_inputs(batch=1, length=cut.ONE_PIECE + 3, channels=2, states=1, orders=1))


@pytest.mark.parametrize("chunk", [64, 4])
@pytest.mark.parametrize("rank, per_channel_delta", [(0, True), (0, False), (3, True)])
def test_delta_of_any_rank_and_by_channel_or_not(is_accurate, cut_by, rank, per_channel_delta, chunk):
    cut_by(one_piece=chunk, chunk=4)
    is_accurate(scan_inputs(1, 5, 3, 2, orders=2, rank=rank, per_channel_delta=per_channel_delta))


@pytest.mark.parametrize("chunk", [64, 4])
def test_delta_without_softplus(is_accurate, cut_by, chunk):
    cut_by(one_piece=chunk, chunk=4)
    x, dt, *rest, bias, orders = scan_inputs(2, 6, 3, 2, orders=2, rank=0)
    is_accurate((x, dt.abs(), *rest, -bias / 10, orders), softplus=False)


def test_pieces_are_longer_where_there_would_be_too_many_programs(is_accurate, cut_by):
    cut_by(one_piece=4, chunk=4, programs=4)
    assert cut.cut_of(None).pieces(length=17, programs=2) == (16, 2)
    is_accurate(scan_inputs(batch=1, length=17, channels=2, states=2, orders=2, rank=1))


@pytest.mark.parametrize("shift", [-30.0, 30.0])
@pytest.mark.parametrize("scale", [0.0, 100.0])
def test_extreme_delta_and_a_stay_finite_and_right(scan, shift, scale):
    x, dt, proj, dt_proj, A, *rest = scan_inputs(1, 6, 3, 2, orders=2)
    inputs = (x, dt * 3 + shift, proj, dt_proj, A * scale, *rest)
    exact = outputs(reference.multi_scan, [wide(tensor) for tensor in inputs])
    for name, value in outputs(scan, inputs).items():
        limit = 1e-5 * exact[name].abs().max().float() + 1e-30
        torch.testing.assert_close(value, exact[name].float(), rtol=1e-3, atol=float(limit), msg=name)


@pytest.mark.parametrize("dtype, rounding", [(torch.float16, 2**-11), (torch.bfloat16, 2**-8)])
def test_half_precision_maps_are_computed_in_float32(is_accurate, scan, device, dtype, rounding):
    x, dt, proj, *rest = scan_inputs(2, 6, 5, 3, orders=2, rank=1, per_channel_delta=False)
    inputs = (x.to(dtype), dt, proj.to(dtype), *rest)
    is_accurate(inputs, rounding=rounding)
    assert scan(ScanInputs(*inputs, True)).dtype == torch.float32
    there = [tensor.to(device) for tensor in inputs]
    torch.library.opcheck(torch.ops.istdbench.scan_triton.default, (*there, True), test_utils="test_faketensor")


@pytest.mark.parametrize("chunk", [64, 4])
def test_a_program_may_take_several_sentences_and_a_sentence_several_programs(is_accurate, cut_by, chunk):
    cut_by(one_piece=chunk, chunk=4, shares=4, backward_tile=32, lanes=2)
    is_accurate(scan_inputs(batch=3, length=5, channels=3, states=3, orders=1, rank=1))


def test_the_scan_with_projections(device, on_device):
    torch.manual_seed(0)
    x, x_proj, dt_proj = torch.randn(1, 3, 4), torch.randn(2, 6, 4) / 2, torch.randn(2, 4, 2)
    tensors = (x, x_proj, dt_proj, -torch.rand(2, 4, 2), torch.randn(2, 4), torch.randn(2, 4))
    orders = torch.stack([torch.randperm(3), torch.randperm(3)])

    def results(scan, tensors):
        tensors = [tensor.requires_grad_() for tensor in tensors]
        y = scan(SS2DInputs(*tensors, orders))
        return y, *torch.autograd.grad(y.sin().sum(), tensors)

    exact = results(lambda inputs: reference.multi_scan(project(inputs)), [tensor.double() for tensor in tensors])
    for found, value in zip(results(on_device(triton.ss2d), tensors), exact, strict=True):
        torch.testing.assert_close(found, value.float(), rtol=1e-4, atol=1e-5)
    there = [tensor.detach().to(device).requires_grad_() for tensor in tensors]
    torch.library.opcheck(torch.ops.istdbench.ss2d_triton.default, (*there, orders.to(device)))


def test_the_operator_keeps_the_rules_of_torch_library(device):
    *tensors, orders = [tensor.to(device) for tensor in scan_inputs(length=2, channels=3, states=1, orders=2)]
    torch.library.opcheck(
        torch.ops.istdbench.scan_triton.default, (*(tensor.requires_grad_() for tensor in tensors), orders, True)
    )


@pytest.mark.parametrize("length", [3, 100])
def test_an_empty_batch_gives_an_empty_result_and_zero_gradients(scan, length):
    found = outputs(scan, scan_inputs(batch=0, length=length))
    assert found["y"].shape == (0, length, 16)
    assert not found["A"].any() and not found["dt_proj"].any() and not found["dt_bias"].any()
