"""Who sees the operator and who gets its functions as they are: the numbers are the same."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from istdbench.ops import backends, ss2d
from istdbench.ops.backends import c
from istdbench.ops.contract import SS2DInputs
from istdbench.ops.orders import cross_scan

pytestmark = pytest.mark.skipif(bool(backends()["c"]), reason=backends()["c"])


def inputs():
    torch.manual_seed(0)
    shapes = [(2, 12, 6), (4, 2 + 2 * 4, 6), (4, 6, 2), (4, 6, 4), (4, 6), (4, 6)]
    return SS2DInputs(*(torch.randn(shape).requires_grad_() for shape in shapes), cross_scan(3, 4))


def with_gradients(function, given):
    y = function(given)
    return y, *torch.autograd.grad(y.square().sum(), given[:-1])


def test_the_functions_give_bit_for_bit_what_the_operator_gives():
    given = inputs()
    operator = with_gradients(lambda given: torch.ops.istdbench.ss2d_c(*given), given)
    assert all(map(torch.equal, with_gradients(c.ss2d, given), operator))


@pytest.mark.parametrize("looks_on", [FlopCounterMode(display=False), torch.device("cpu")], ids=["FLOPs", "device"])
def test_a_mode_sees_the_operator_forward_and_backward(monkeypatch, looks_on):
    seen = []

    class Names(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            seen.append(str(function))
            return function(*args, **(kwargs or {}))

    with looks_on, Names():
        with_gradients(c.ss2d, inputs())
    assert {"istdbench.ss2d_c.default", "istdbench.ss2d_c_backward.default"} <= set(seen)


def test_no_gradient_is_kept_where_none_is_asked_for():
    given = inputs()
    with torch.no_grad():
        assert c.ss2d(given).grad_fn is None
    assert c.ss2d(SS2DInputs(*(tensor.detach() for tensor in given))).grad_fn is None


def test_a_second_derivative_is_refused():
    given = inputs()
    (dx,) = torch.autograd.grad(c.ss2d(given).square().sum(), given.x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        dx.sum().backward()


def test_transforms_and_forward_mode_get_the_errors_of_the_operator():
    given = inputs()
    tangent = torch.ones_like(given.x)
    with pytest.raises((RuntimeError, NotImplementedError)), torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(given.x.detach(), tangent)
        x_proj, dt_proj, A_log, D, dt_bias, orders = given[1:]
        ss2d(dual, orders, x_proj, dt_proj, dt_bias, A_log, D, backend="c")
