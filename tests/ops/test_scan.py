"""The public scans on every backend, against plain restatements of their definitions in float64."""

import math

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from istdbench.errors import UsageError
from istdbench.ops import selective_scan, ss2d
from istdbench.ops.choice import BACKENDS
from istdbench.ops.orders import cross_scan


def published_selective_scan(u, delta, A, B, C, D, z, delta_bias, delta_softplus):
    """mamba-ssm's reference semantics, one number at a time; B and C are (batch, groups, states, length)."""
    batch, channels, length = u.shape
    group = channels // B.shape[1]
    out = torch.zeros_like(u)
    for b in range(batch):
        for d in range(channels):
            h = torch.zeros(A.shape[1], dtype=u.dtype)
            for t in range(length):
                step = delta[b, d, t] + delta_bias[d]
                step = math.log1p(math.exp(step)) if delta_softplus else step
                h = torch.exp(step * A[d]) * h + step * B[b, d // group, :, t] * u[b, d, t]
                y = (h * C[b, d // group, :, t]).sum() + D[d] * u[b, d, t]
                out[b, d, t] = y * z[b, d, t] / (1 + math.exp(-z[b, d, t]))
    return out


def published_ss2d(x, orders, x_proj, dt_proj, dt_bias, A_log, D):
    """VMamba's pipeline as its paper draws it: unfold the map in each order, project, scan, fold back, add."""
    y = torch.zeros_like(x)
    rank = dt_proj.shape[-1]
    states = A_log.shape[-1]
    for k, order in enumerate(orders):
        sequence = x[:, order]
        low, B, C = (sequence @ x_proj[k].T).split([rank, states, states], dim=-1)
        delta = torch.log1p(torch.exp(low @ dt_proj[k].T + dt_bias[k]))
        h = torch.zeros(*x.shape[::2], states, dtype=x.dtype)
        for t, position in enumerate(order):
            h = torch.exp(-delta[:, t, :, None] * torch.exp(A_log[k])) * h
            h = h + delta[:, t, :, None] * B[:, t, None, :] * sequence[:, t, :, None]
            y[:, position] += (h * C[:, t, None, :]).sum(-1) + D[k] * sequence[:, t]
    return y


def ss2d_inputs(batch=2, height=3, width=5, channels=6, states=4, rank=2, dtype=torch.float64):
    torch.manual_seed(0)
    x_proj = torch.randn(4, rank + 2 * states, channels) / channels**0.5
    parameters = (x_proj, torch.randn(4, channels, rank), torch.randn(4, channels), torch.rand(4, channels, states))
    tensors = (torch.randn(batch, height * width, channels), *parameters, torch.randn(4, channels))
    x, *rest = (tensor.to(dtype).requires_grad_() for tensor in tensors)
    return x, cross_scan(height, width), *rest


def selective_scan_inputs(groups=2, batch=2, length=7, dtype=torch.float64):
    torch.manual_seed(0)
    channels, states = 4, 3
    sequence = (batch, channels, length)
    matrix = (batch, groups, states, length)
    u, delta, B, C, z = (torch.randn(shape, dtype=dtype) for shape in (sequence, sequence, matrix, matrix, sequence))
    D, bias = torch.randn(2, channels, dtype=dtype)
    return u, delta, -torch.rand(channels, states, dtype=dtype), B, C, D, z, bias


@pytest.mark.parametrize("delta_softplus", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
def test_selective_scan_is_what_mamba_ssm_publishes(any_backend, on_device, groups, delta_softplus):
    inputs = selective_scan_inputs(groups)
    expected = published_selective_scan(*inputs, delta_softplus)
    y = on_device(selective_scan)(*(tensor.float() for tensor in inputs), delta_softplus, backend=any_backend)
    torch.testing.assert_close(y, expected.float())


def test_selective_scan_takes_one_b_and_c_for_all_channels_and_leaves_out_what_is_none():
    u, delta, A, B, C, D, z, bias = selective_scan_inputs(groups=1)
    expected = published_selective_scan(u, delta, A, B, C, 0 * D, torch.full_like(z, 40.0), 0 * bias, True) / 40
    torch.testing.assert_close(selective_scan(u, delta, A, B[:, 0], C[:, 0], delta_softplus=True), expected)


def slow_last_state(u, delta, A, B, delta_bias, delta_softplus):
    """The recurrence of the state, step by step."""
    h = torch.zeros(*u.shape[:2], A.shape[1], dtype=u.dtype)
    for t in range(u.shape[2]):
        step = delta[:, :, t] + delta_bias
        step = torch.log1p(torch.exp(step)) if delta_softplus else step
        of_channel = torch.stack([B[:, d * B.shape[1] // u.shape[1], :, t] for d in range(u.shape[1])], 1)
        h = torch.exp(step[..., None] * A) * h + step[..., None] * of_channel * u[:, :, t, None]
    return h


@pytest.mark.parametrize("delta_softplus", [True, False])
@pytest.mark.parametrize("groups", [1, 2])
def test_selective_scan_gives_the_last_state_too(any_backend, on_device, groups, delta_softplus):
    u, delta, A, B, C, D, z, bias = selective_scan_inputs(groups)
    single = [tensor.float() for tensor in (u, delta, A, B, C, D, z, bias)]
    y, state = on_device(selective_scan)(*single, delta_softplus, True, backend=any_backend)
    assert torch.equal(y, on_device(selective_scan)(*single, delta_softplus, backend=any_backend))
    torch.testing.assert_close(state, slow_last_state(u, delta, A, B, bias, delta_softplus).float())


def test_the_last_state_after_many_steps_and_of_half_precision():
    u, delta, A, B, C, D, z, bias = selective_scan_inputs(length=3000)
    half = [tensor.to(torch.bfloat16) for tensor in (u, delta, A, B, C, D, z, bias)]
    y, state = selective_scan(*half, True, True)
    assert (y.dtype, state.dtype) == (torch.bfloat16, torch.float32)
    u, delta, A, B, _, _, _, bias = (tensor.double() for tensor in half)
    torch.testing.assert_close(state, slow_last_state(u, delta, A, B, bias, True).float(), rtol=1e-4, atol=1e-4)


def test_gradients_pass_through_the_last_state():
    tensors = tuple(tensor.requires_grad_() for tensor in selective_scan_inputs(batch=1, length=4))
    assert torch.autograd.gradcheck(lambda *given: selective_scan(*given, True, True, backend="reference"), tensors)


def test_selective_scan_returns_the_dtype_of_u():
    inputs = selective_scan_inputs()
    y = selective_scan(*(tensor.to(torch.bfloat16) for tensor in inputs), True)
    assert y.dtype == torch.bfloat16
    expected = selective_scan(*(tensor.to(torch.bfloat16).double() for tensor in inputs), True)
    torch.testing.assert_close(y.double(), expected, rtol=0.01, atol=0.01)


def test_ss2d_is_what_vmamba_draws(any_backend, on_device):
    inputs = ss2d_inputs()
    single = [tensor.float() if tensor.is_floating_point() else tensor for tensor in inputs]
    y = on_device(ss2d)(*single, backend=any_backend)
    assert y.dtype == torch.float32
    torch.testing.assert_close(y, published_ss2d(*inputs).float(), rtol=1e-5, atol=1e-5)


def test_ss2d_of_a_half_precision_map_under_autocast_is_float32(any_backend, on_device, device):
    inputs = ss2d_inputs(dtype=torch.float32)
    with torch.autocast(device, torch.bfloat16):
        y = on_device(ss2d)(*inputs, backend=any_backend)
    y.sum().backward()
    assert y.dtype == torch.float32
    assert inputs[0].grad.isfinite().all()
    torch.testing.assert_close(y, on_device(ss2d)(*inputs, backend=any_backend), rtol=0.1, atol=0.3)


def test_gradients_of_the_reference_are_those_of_finite_differences():
    u, delta, A, B, C, D, z, bias = (tensor.requires_grad_() for tensor in selective_scan_inputs(batch=1, length=3))

    def scan(*tensors):
        return selective_scan(*tensors, True, backend="reference")

    assert torch.autograd.gradcheck(scan, (u, delta, A, B, C, D, z, bias))
    x, orders, *rest = ss2d_inputs(batch=1, height=2, width=2, channels=2, states=2)
    assert torch.autograd.gradcheck(lambda x, *rest: ss2d(x, orders, *rest, backend="reference"), (x, *rest))


def test_flops_of_ss2d_are_the_matmuls_and_the_scan_counted_by_hand(fast_backend, on_device):
    inputs = ss2d_inputs(dtype=torch.float32)
    counter = FlopCounterMode(display=False)
    with counter:
        on_device(ss2d)(*inputs, backend=fast_backend)
    positions, orders, channels, states, rank = 2 * 15, 4, 6, 4, 2
    projections = positions * orders * 2 * channels * (rank + 2 * states)
    assert counter.get_total_flops() == projections + positions * orders * channels * (7 * states + 2 * rank + 3)

    with counter:
        on_device(ss2d)(*inputs, backend=fast_backend).sum().backward()
    scans = positions * orders * channels * ((7 + 20) * states + (2 + 6) * rank + 3 + 9)
    projected_again = BACKENDS[fast_backend].fused is not None
    assert counter.get_total_flops() == (3 + projected_again) * projections + scans


def test_a_delta_of_rank_one_is_counted_too():
    counter = FlopCounterMode(display=False)
    with counter:
        ss2d(*ss2d_inputs(rank=1, dtype=torch.float32), backend="torch")
    assert counter.get_total_flops() == 30 * 4 * (2 * 6 * (9 + 1) + 6 * 31)


def test_the_environment_chooses_a_backend_and_the_argument_overrides_it(monkeypatch):
    monkeypatch.setenv("ISTDBENCH_SCAN", "nonsense")
    ss2d(*ss2d_inputs(), backend="reference")
    with pytest.raises(UsageError, match=r"'nonsense'.*torch, reference"):
        ss2d(*ss2d_inputs())


def test_a_backend_that_cannot_run_here_says_why_and_names_the_others():
    with pytest.raises(UsageError, match=r"mamba_ssm.*one of:.*reference"):
        ss2d(*ss2d_inputs(), backend="mamba_ssm")


@pytest.mark.parametrize("wrong, name", [(2, "x_proj"), (3, "dt_proj"), (4, "dt_bias"), (6, "D"), (1, "orders")])
def test_a_shape_that_does_not_fit_is_named(wrong, name):
    inputs = list(ss2d_inputs())
    inputs[wrong] = inputs[wrong][:, :1]
    with pytest.raises(UsageError, match=f"{name}|x_proj"):
        ss2d(*inputs)


@pytest.mark.parametrize("name", ["u", "delta", "A", "B", "C", "D", "z", "delta_bias"])
def test_a_complex_argument_is_refused_by_its_name(name):
    names = ("u", "delta", "A", "B", "C", "D", "z", "delta_bias")
    inputs = dict(zip(names, selective_scan_inputs(), strict=True))
    inputs[name] = torch.complex(inputs[name], inputs[name])
    with pytest.raises(UsageError, match=f"^{name}: complex128, and the scan computes with real numbers only"):
        selective_scan(**inputs)


@pytest.mark.parametrize(
    "index, name", [(0, "x"), (2, "x_proj"), (3, "dt_proj"), (4, "dt_bias"), (5, "A_log"), (6, "D")]
)
def test_a_complex_argument_of_the_two_dimensional_scan_is_refused_by_its_name(index, name):
    inputs = list(ss2d_inputs())
    inputs[index] = torch.complex(inputs[index], inputs[index])
    with pytest.raises(UsageError, match=f"^{name}: complex128"):
        ss2d(*inputs)


def test_groups_that_do_not_divide_the_channels_are_refused():
    u, delta, A, B, C, *_ = selective_scan_inputs()
    with pytest.raises(UsageError, match="3 groups"):
        selective_scan(u, delta, A, B.repeat(1, 2, 1, 1)[:, :3], C)
