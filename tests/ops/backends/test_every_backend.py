"""Each fast backend's operator, values and every gradient, against the reference in float64."""

import pytest
import torch

from istdbench.ops import backends
from istdbench.ops.backends.reference import multi_scan as reference
from istdbench.ops.choice import choose
from istdbench.ops.contract import ScanInputs

REASONS = {name: reason for name, reason in backends().items() if name not in ("reference", "mamba_ssm")}
fast = pytest.mark.parametrize(
    "backend", [pytest.param(n, marks=pytest.mark.skipif(bool(why), reason=why)) for n, why in REASONS.items()]
)


def scan_inputs(batch=2, length=16, channels=16, states=16, orders=4, rank=2, per_channel_delta=True):
    torch.manual_seed(length * 1000 + channels)
    per_position = (
        torch.randn(batch, length, channels),
        torch.randn(orders if per_channel_delta else 0, batch, length, channels),
        torch.randn(batch, length, orders, rank + 2 * states),
        torch.randn(orders, channels, rank) / 2,
    )
    A = -torch.arange(1.0, states + 1).expand(orders, channels, states) * torch.rand(orders, channels, 1)
    per_channel = (A, torch.randn(orders, channels), torch.rand(orders, channels) * 4 - 5)
    return *per_position, *per_channel, torch.stack([torch.randperm(length) for _ in range(orders)])


def outputs(scan, inputs, softplus=True):
    """y and the gradients of a sum of y with fixed weights, by name."""
    *tensors, orders = inputs
    tensors = [tensor.detach().requires_grad_() for tensor in tensors]
    y = scan(ScanInputs(*tensors, orders, softplus))
    weight = torch.linspace(-3, 3, y.numel()).sin().view_as(y).to(y.dtype)
    gradients = torch.autograd.grad((y * weight).sum(), tensors, materialize_grads=True)
    return dict(zip(("y", "x", "dt", "proj", "dt_proj", "A", "D", "dt_bias"), (y.detach(), *gradients), strict=True))


def assert_as_accurate_as_float32_allows(backend, inputs, softplus=True, slack=1):
    exact = outputs(
        reference, [tensor.double() if tensor.is_floating_point() else tensor for tensor in inputs], softplus
    )
    found = outputs(choose(inputs[0], inputs[4].shape[-1], backend).multi_scan, inputs, softplus)
    for name, value in exact.items():
        error, size = (found[name] - value).norm(), value.norm()
        assert error <= (2e-7 if name == "y" else 1e-6) * slack * size, f"{name}: {error / size:.1e}"


@fast
@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 33, 64, 100, 301])
def test_any_length(backend, length):
    assert_as_accurate_as_float32_allows(backend, scan_inputs(length=length))


@fast
@pytest.mark.parametrize("channels", [1, 2, 7, 8, 9, 16, 24, 31, 32, 64])
def test_any_number_of_channels(backend, channels):
    assert_as_accurate_as_float32_allows(backend, scan_inputs(batch=3, channels=channels))


@fast
@pytest.mark.parametrize("states", [1, 2, 5, 8, 15, 16, 17, 32, 64])
def test_any_number_of_states(backend, states):
    assert_as_accurate_as_float32_allows(backend, scan_inputs(length=21, channels=9, states=states))


@fast
@pytest.mark.parametrize("orders", [1, 2, 4, 7])
def test_any_number_of_orders(backend, orders):
    assert_as_accurate_as_float32_allows(backend, scan_inputs(orders=orders, channels=8))


@fast
@pytest.mark.parametrize("batch, channels", [(1, 64), (67, 8), (130, 16)])
def test_any_batch(backend, batch, channels):
    assert_as_accurate_as_float32_allows(backend, scan_inputs(batch=batch, channels=channels))


@fast
@pytest.mark.parametrize("rank, per_channel_delta", [(0, True), (0, False), (1, False), (4, False), (5, True)])
def test_delta_of_any_rank_and_by_channel_or_not(backend, rank, per_channel_delta):
    assert_as_accurate_as_float32_allows(backend, scan_inputs(rank=rank, per_channel_delta=per_channel_delta))


@fast
def test_delta_without_softplus(backend):
    x, dt, proj, _, A, D, bias, orders = scan_inputs(length=40, rank=0)
    inputs = (x, dt.abs(), proj, _, A, D, -bias / 10, orders)
    assert_as_accurate_as_float32_allows(backend, inputs, softplus=False)


@fast
def test_slow_decay_over_a_long_sequence(backend):
    x, dt, proj, dt_proj, A, *rest = scan_inputs(batch=1, length=1000, channels=4, states=4, orders=1)
    # a decay of 0.9999 is itself rounded by 3e-8, and its error adds up over thousands of steps
    assert_as_accurate_as_float32_allows(backend, (x, dt - 3, proj, dt_proj, A / 100, *rest), slack=10)


@fast
@pytest.mark.parametrize("shift", [-100.0, -30.0, 0.0, 30.0, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0])
def test_extreme_delta_and_a_stay_finite_and_right(backend, shift, scale):
    x, dt, proj, dt_proj, A, *rest = scan_inputs(length=20)
    inputs = (x, dt * 3 + shift, proj, dt_proj, A * scale, *rest)
    exact = outputs(reference, [tensor.double() if tensor.is_floating_point() else tensor for tensor in inputs])
    for name, value in outputs(choose(x, 16, backend).multi_scan, inputs).items():
        limit = 1e-5 * exact[name].abs().max().float() + 1e-30
        torch.testing.assert_close(value, exact[name].float(), rtol=1e-3, atol=float(limit), msg=name)


@fast
def test_zeros_give_zeros(backend):
    inputs = [torch.zeros_like(tensor) for tensor in scan_inputs()[:7]]
    found = outputs(choose(inputs[0], 16, backend).multi_scan, (*inputs, scan_inputs()[7]))
    assert not found.pop("D").any() and all(value.isfinite().all() for value in found.values())


@fast
def test_an_empty_batch_gives_an_empty_result_and_zero_gradients(backend):
    found = outputs(choose(torch.zeros(1), 16, backend).multi_scan, scan_inputs(batch=0))
    assert found["y"].shape == (0, 16, 16)
    assert not found["A"].any() and not found["D"].any() and not found["dt_bias"].any()


@fast
def test_inputs_need_not_be_contiguous(backend):
    *tensors, orders = scan_inputs()
    scan = choose(tensors[0], 16, backend).multi_scan
    spread = [tensor.mT.contiguous().mT for tensor in tensors]
    assert torch.equal(scan(ScanInputs(*spread, orders, True)), scan(ScanInputs(*tensors, orders, True)))


@fast
def test_the_same_bits_every_time(backend):
    inputs = scan_inputs(batch=70, length=33)
    scan = choose(inputs[0], 16, backend).multi_scan
    first, second = outputs(scan, inputs), outputs(scan, inputs)
    assert all(torch.equal(first[name], second[name]) for name in first)


@fast
def test_nothing_is_computed_for_a_backward_that_never_comes(backend):
    *tensors, orders = scan_inputs()
    scan = choose(tensors[0], 16, backend).multi_scan
    with torch.no_grad():
        y = scan(ScanInputs(*(tensor.requires_grad_() for tensor in tensors), orders, True))
    assert not y.requires_grad


@fast
def test_the_operator_keeps_the_rules_of_torch_library(backend):
    *tensors, orders = scan_inputs(length=5, channels=3, states=2, orders=2)
    operator = getattr(torch.ops.istdbench, f"scan_{backend}").default
    torch.library.opcheck(operator, (*(tensor.requires_grad_() for tensor in tensors), orders, True))
