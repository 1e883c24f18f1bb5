"""Who sees the operator and who gets its functions as they are: the numbers are the same."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from istdbench.ops import ss2d
from istdbench.ops.choice import BACKENDS
from istdbench.ops.contract import SS2DInputs
from istdbench.ops.orders import cross_scan


@pytest.fixture
def given(device):
    torch.manual_seed(0)
    shapes = [(2, 12, 6), (4, 2 + 2 * 4, 6), (4, 6, 2), (4, 6, 4), (4, 6), (4, 6)]
    tensors = (torch.randn(shape).to(device).requires_grad_() for shape in shapes)
    return SS2DInputs(*tensors, cross_scan(3, 4, device))


@pytest.fixture
def scan(own_backend):
    return BACKENDS[own_backend].fused


def with_gradients(function, given):
    y = function(given)
    return y, *torch.autograd.grad(y.square().sum(), given[:-1])


def test_the_functions_give_bit_for_bit_what_the_operator_gives(scan, given, own_backend):
    operator = with_gradients(lambda given: getattr(torch.ops.istdbench, f"ss2d_{own_backend}")(*given), given)
    assert all(map(torch.equal, with_gradients(scan, given), operator))


@pytest.mark.parametrize("looks_on", [FlopCounterMode(display=False), torch.device("cpu")], ids=["FLOPs", "device"])
def test_a_mode_sees_the_operator_forward_and_backward(looks_on, scan, given, own_backend):
    seen = []

    class Names(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            seen.append(str(function))
            return function(*args, **(kwargs or {}))

    with looks_on, Names():
        with_gradients(scan, given)
    names = (f"ss2d_{own_backend}", f"ss2d_{own_backend}_backward")
    assert {f"istdbench.{name}.default" for name in names} <= set(seen)


def test_no_gradient_is_kept_where_none_is_asked_for(scan, given):
    with torch.no_grad():
        assert scan(given).grad_fn is None
    assert scan(SS2DInputs(*(tensor.detach() for tensor in given))).grad_fn is None


def test_a_second_derivative_is_refused(scan, given):
    (dx,) = torch.autograd.grad(scan(given).square().sum(), given.x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        dx.sum().backward()


def test_transforms_and_forward_mode_get_the_errors_of_the_operator(given, own_backend):
    tangent = torch.ones_like(given.x)
    with pytest.raises((RuntimeError, NotImplementedError)), torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(given.x.detach(), tangent)
        x_proj, dt_proj, A_log, D, dt_bias, orders = given[1:]
        ss2d(dual, orders, x_proj, dt_proj, dt_bias, A_log, D, backend=own_backend)
