"""Each fast backend's operator, values and every gradient, against the reference in float64."""

import pytest
import torch

from istdbench.ops.backends.reference import multi_scan as reference
from istdbench.ops.choice import BACKENDS
from istdbench.ops.contract import ScanInputs


@pytest.fixture
def scan(fast_backend, on_device):
    """The scan of each backend, on the device."""
    return on_device(BACKENDS[fast_backend].multi_scan)


@pytest.fixture
def is_accurate(scan, forward_limit):
    """Asserts that the scan of these inputs, and every gradient, is as accurate as float32 allows."""

    def check(inputs, softplus=True, slack=1):
        wide = [tensor.double() if tensor.is_floating_point() else tensor for tensor in inputs]
        found, exact = outputs(scan, inputs, softplus), outputs(reference, wide, softplus)
        for name, value in exact.items():
            error, size = (found[name] - value).norm(), value.norm()
            assert error <= (forward_limit if name == "y" else 1e-6) * slack * size, f"{name}: {error / size:.1e}"

    return check


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


@pytest.mark.parametrize("length", [1, 2, 15, 16, 17, 33, 64, 100, 301])
def test_any_length(is_accurate, length):
    is_accurate(scan_inputs(length=length))


@pytest.mark.parametrize("channels", [1, 2, 7, 8, 9, 16, 24, 31, 32, 64])
def test_any_number_of_channels(is_accurate, channels):
    is_accurate(scan_inputs(batch=3, channels=channels))


@pytest.mark.parametrize("states", [1, 2, 5, 8, 15, 16, 17, 32, 64])
def test_any_number_of_states(is_accurate, states):
    is_accurate(scan_inputs(length=21, channels=9, states=states))


@pytest.mark.parametrize("orders", [1, 2, 4, 7])
def test_any_number_of_orders(is_accurate, orders):
    is_accurate(scan_inputs(orders=orders, channels=8))


@pytest.mark.parametrize("batch, channels", [(1, 64), (67, 8), (130, 16)])
def test_any_batch(is_accurate, batch, channels):
    is_accurate(scan_inputs(batch=batch, channels=channels))


@pytest.mark.parametrize("rank, per_channel_delta", [(0, True), (0, False), (1, False), (4, False), (5, True)])
def test_delta_of_any_rank_and_by_channel_or_not(is_accurate, rank, per_channel_delta):
    is_accurate(scan_inputs(rank=rank, per_channel_delta=per_channel_delta))


def test_delta_without_softplus(is_accurate):
    x, dt, proj, _, A, D, bias, orders = scan_inputs(length=40, rank=0)
    inputs = (x, dt.abs(), proj, _, A, D, -bias / 10, orders)
    is_accurate(inputs, softplus=False)


def test_slow_decay_over_a_long_sequence(is_accurate):
    x, dt, proj, dt_proj, A, *rest = scan_inputs(batch=1, length=1000, channels=4, states=4, orders=1)
    # a decay of 0.9999 is itself rounded by 3e-8, and its error adds up over thousands of steps
    is_accurate((x, dt - 3, proj, dt_proj, A / 100, *rest), slack=10)


@pytest.mark.parametrize("shift", [-100.0, -30.0, 0.0, 30.0, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1.0, 100.0])
def test_extreme_delta_and_a_stay_finite_and_right(scan, shift, scale):
    x, dt, proj, dt_proj, A, *rest = scan_inputs(length=20)
    inputs = (x, dt * 3 + shift, proj, dt_proj, A * scale, *rest)
    exact = outputs(reference, [tensor.double() if tensor.is_floating_point() else tensor for tensor in inputs])
    for name, value in outputs(scan, inputs).items():
        limit = 1e-5 * exact[name].abs().max().float() + 1e-30
        torch.testing.assert_close(value, exact[name].float(), rtol=1e-3, atol=float(limit), msg=name)


def test_zeros_give_zeros(scan):
    inputs = [torch.zeros_like(tensor) for tensor in scan_inputs()[:7]]
    found = outputs(scan, (*inputs, scan_inputs()[7]))
    assert not found.pop("D").any() and all(value.isfinite().all() for value in found.values())


def test_an_empty_batch_gives_an_empty_result_and_zero_gradients(scan):
    found = outputs(scan, scan_inputs(batch=0))
    assert found["y"].shape == (0, 16, 16)
    assert not found["A"].any() and not found["D"].any() and not found["dt_bias"].any()


def test_inputs_need_not_be_contiguous(scan):
    *tensors, orders = scan_inputs()
    spread = [tensor.mT.contiguous().mT for tensor in tensors]
    assert torch.equal(scan(ScanInputs(*spread, orders, True)), scan(ScanInputs(*tensors, orders, True)))


def test_the_same_bits_every_time(scan):
    inputs = scan_inputs(batch=70, length=33)
    first, second = outputs(scan, inputs), outputs(scan, inputs)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_nothing_is_computed_for_a_backward_that_never_comes(scan):
    *tensors, orders = scan_inputs()
    with torch.no_grad():
        y = scan(ScanInputs(*(tensor.requires_grad_() for tensor in tensors), orders, True))
    assert not y.requires_grad


def test_the_operator_keeps_the_rules_of_torch_library(fast_backend, device):
    *tensors, orders = [tensor.to(device) for tensor in scan_inputs(length=5, channels=3, states=2, orders=2)]
    operator = getattr(torch.ops.istdbench, f"scan_{fast_backend}").default
    torch.library.opcheck(operator, (*(tensor.requires_grad_() for tensor in tensors), orders, True))
