"""What is particular to the C backend: SIMD variants, threads and limits, and what serves where it was not built."""

import importlib.util

import pytest
import torch

from istdbench.errors import UsageError
from istdbench.ops import backends, ss2d
from istdbench.ops.backends import c, reference
from istdbench.ops.backends.c import library
from istdbench.ops.choice import choose
from istdbench.ops.contract import ScanInputs, SS2DInputs, project
from istdbench.ops.orders import cross_scan

REASON = library.why_not()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)


def inputs(batch, length, channels, states):
    torch.manual_seed(0)
    per_position = (
        torch.randn(batch, length, channels),
        torch.randn(2, batch, length, channels),
        torch.randn(batch, length, 2, 3 + 2 * states),
        torch.randn(2, channels, 3) / 3,
    )
    per_channel = (-4 * torch.rand(2, channels, states), torch.randn(2, channels), torch.randn(2, channels) - 3)
    return [*per_position, *per_channel], torch.stack([torch.randperm(length), torch.randperm(length)])


def gradients(scan, tensors, orders):
    tensors = [tensor.detach().requires_grad_() for tensor in tensors]
    y = scan(ScanInputs(*tensors, orders, True))
    return y.detach(), *torch.autograd.grad(y.square().sum(), tensors)


@pytest.mark.parametrize("shape", [(2, 16, 16, 16), (1, 35, 24, 16), (3, 7, 3, 6), (40, 5, 8, 16)], ids=str)
@pytest.mark.parametrize("variant", range(4))
def test_every_simd_variant_that_the_processor_has_is_right(monkeypatch, variant, shape):
    if REASON or variant >= len(library.variants()):
        pytest.skip("this processor has fewer variants")
    monkeypatch.setattr(library, "best_variant", lambda channels: variant)
    tensors, orders = inputs(*shape)
    exact = gradients(reference.multi_scan, [tensor.double() for tensor in tensors], orders)
    for found, value in zip(gradients(c.multi_scan, tensors, orders), exact, strict=True):
        assert (found - value).square().mean().sqrt() <= 1e-6 * value.square().mean().sqrt()


def test_the_portable_variant_is_always_there():
    assert library.variants()[-1] == "generic"


def test_the_number_of_threads_does_not_change_a_bit():
    tensors, orders = inputs(batch=5, length=40, channels=40, states=16)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        one = gradients(c.multi_scan, tensors, orders)
        torch.set_num_threads(3)
        three = gradients(c.multi_scan, tensors, orders)
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(a, b) for a, b in zip(one, three, strict=True))


@pytest.mark.parametrize("threads", [3, 9, 40, 1000])
@pytest.mark.parametrize("shape", [(1, 100, 8, 16), (2, 33, 20, 3), (1, 1, 16, 16), (1, 500, 3, 5)], ids=str)
def test_few_channels_and_images_are_spread_over_the_threads_by_order_and_by_piece(shape, threads):
    tensors, orders = inputs(*shape)
    exact = gradients(reference.multi_scan, [tensor.double() for tensor in tensors], orders)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        first, second = (gradients(c.multi_scan, tensors, orders) for _ in range(2))
    finally:
        torch.set_num_threads(before)
    for found, again, value in zip(first, second, exact, strict=True):
        assert (found - value).square().mean().sqrt() <= 1e-6 * value.square().mean().sqrt()
        assert torch.equal(found, again)


def ss2d_inputs(batch, length, channels, states, rank):
    torch.manual_seed(0)
    tensors = (
        torch.randn(batch, length, channels),
        torch.randn(2, rank + 2 * states, channels) / channels**0.5,
        torch.randn(2, channels, rank),
        -4 * torch.rand(2, channels, states),
        torch.randn(2, channels),
        torch.randn(2, channels) - 3,
    )
    return [tensor.requires_grad_() for tensor in tensors], torch.stack(
        [torch.randperm(length), torch.randperm(length)]
    )


@pytest.mark.parametrize("cache", [1, 10_000, c.CACHE])
@pytest.mark.parametrize("shape", [(7, 16, 16, 16, 1), (5, 20, 8, 4, 2), (1, 70, 24, 16, 3), (0, 5, 4, 2, 1)], ids=str)
def test_the_scan_with_projections_is_right_whatever_the_pieces_of_the_batch(monkeypatch, shape, cache):
    monkeypatch.setattr(c, "CACHE", cache)
    tensors, orders = ss2d_inputs(*shape)
    exact = gradients_of_ss2d(projected_and_scanned, [tensor.double() for tensor in tensors], orders)
    for found, value in zip(gradients_of_ss2d(c.ss2d, tensors, orders), exact, strict=True):
        assert (found - value).norm() <= 1e-6 * value.norm()


def projected_and_scanned(inputs):
    return reference.multi_scan(project(inputs))


def gradients_of_ss2d(scan, tensors, orders):
    tensors = [tensor.detach().requires_grad_() for tensor in tensors]
    y = scan(SS2DInputs(*tensors, orders))
    return y.detach(), *torch.autograd.grad(y.square().sum(), tensors)


def test_the_operator_with_projections_keeps_the_rules_of_torch_library():
    tensors, orders = ss2d_inputs(2, 5, 3, 2, 1)
    torch.library.opcheck(torch.ops.istdbench.ss2d_c.default, (*tensors, orders))


def test_projections_keep_float32_under_autocast():
    tensors, orders = ss2d_inputs(2, 5, 3, 2, 1)
    with torch.autocast("cpu", torch.bfloat16):
        narrow = gradients_of_ss2d(c.ss2d, tensors, orders)
    assert all(map(torch.equal, narrow, gradients_of_ss2d(c.ss2d, tensors, orders)))


@pytest.mark.parametrize("order", [[0, 1, 2, 4], [0, 1, 2, -1], [0, 1, 2, 2]])
def test_an_order_that_is_no_permutation_is_refused(order):
    tensors, orders = inputs(batch=1, length=4, channels=2, states=2)
    orders[1] = torch.tensor(order)
    with pytest.raises(UsageError, match="each position from 0 to 3 once"):
        c.multi_scan(ScanInputs(*tensors, orders, True))


@pytest.mark.parametrize("x, states", [(torch.zeros(1, dtype=torch.float64), 16), (torch.zeros(1), 65)])
def test_what_it_cannot_take_goes_to_the_torch_backend_unless_it_was_asked_for(monkeypatch, x, states):
    monkeypatch.delenv("ISTDBENCH_SCAN", raising=False)
    assert choose(x, states).name == "torch"
    with pytest.raises(UsageError, match="float64|64 states"):
        choose(x, states, "c")


def test_without_the_library_the_torch_backend_serves_and_the_reason_is_told(monkeypatch):
    monkeypatch.delenv("ISTDBENCH_SCAN", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    library.load.cache_clear()
    try:
        assert "compiler" in backends()["c"]
        torch.manual_seed(0)
        ss2d(
            *(torch.randn(1, 4, 3), cross_scan(2, 2), torch.randn(4, 5, 3), torch.randn(4, 3, 1)),
            *(torch.randn(4, 3), torch.randn(4, 3, 2), torch.randn(4, 3)),
        )
        assert choose(torch.zeros(1), 16).name == "torch"
    finally:
        library.load.cache_clear()


def test_a_library_of_older_sources_does_not_serve_and_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(library.ctypes, "CDLL", lambda path: object())
    library.load.cache_clear()
    try:
        assert "older sources" in backends()["c"]
    finally:
        library.load.cache_clear()
