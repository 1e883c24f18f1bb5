"""LayerNorm's Triton kernels: run by test_triton.py in a process of its own, as triton_kernels.py is."""

import pytest
import torch
from torch.nn import functional

from istdbench.ops.backends.triton import narrow_norm
from istdbench.ops.layer_norm import MAX_WIDTH, by_kernels

EPS = 1e-5


def given(rows, width):
    """x, weight, bias, and the gradient of y.

    The mean of x is not 0, and no row has numbers that are nearly equal: what float32 says of the gradient there is
    far off, PyTorch's too.
    """
    torch.manual_seed(0)
    apart = 3 + 2 * torch.tensor([1.0, -1.0]).repeat(width)[:width]
    return apart + torch.randn(rows, width) / 2, torch.randn(width), torch.randn(width), torch.randn(rows, width)


def results(norm, x, weight, bias, dy):
    """y and the gradients of x, weight and bias."""
    x, weight, bias = (tensor.detach().requires_grad_() for tensor in (x, weight, bias))
    y = norm(x, weight, bias)
    return y.detach(), *torch.autograd.grad(y, (x, weight, bias), dy.to(y.dtype))


@pytest.fixture
def found(on_device):
    """What the kernels give, on the CPU."""

    def call(*tensors, dtype=torch.float32):
        return results(lambda x, weight, bias: by_kernels(x, weight, bias, EPS, dtype), *tensors)

    return on_device(call)


def exact(*tensors):
    """What PyTorch gives in float64."""
    return results(
        lambda x, weight, bias: functional.layer_norm(x, weight.shape, weight, bias, EPS),
        *(tensor.double() for tensor in tensors),
    )


def assert_accurate(found, exact, *limits):
    """Errors relative to the norm, of y, dx, dweight and dbias."""
    for name, value, true, limit in zip(("y", "dx", "dweight", "dbias"), found, exact, limits, strict=True):
        error, size = (value - true).norm(), true.norm()
        assert error <= limit * size, f"{name}: {error / size:.1e}"


@pytest.mark.parametrize(
    "rows, width", [(1, 3), (1, 64), (7, 16), (301, 3), (301, 16), (301, 24), (101, 64), (5, MAX_WIDTH)]
)
def test_y_and_all_gradients(found, rows, width):
    tensors = given(rows, width)
    assert_accurate(found(*tensors), exact(*tensors), 5e-7, 1e-6, 1e-6, 1e-6)


def test_a_row_of_one_number_is_its_bias(found):
    tensors = given(1025, 1)
    y, dx, dweight, dbias = found(*tensors)
    assert torch.equal(y, tensors[2].expand(1025, 1)) and not dx.any() and not dweight.any()
    torch.testing.assert_close(dbias, tensors[3].sum(0))


def test_programs_that_take_several_tiles(found, monkeypatch):
    monkeypatch.setattr(narrow_norm, "SHARES", 3)
    tensors = given(301, 24)
    assert_accurate(found(*tensors), exact(*tensors), 5e-7, 1e-6, 1e-6, 1e-6)


@pytest.mark.parametrize("dtype, rounding", [(torch.float16, 2**-11), (torch.bfloat16, 2**-8)])
@pytest.mark.parametrize("narrow", [False, True], ids=["autocast", "no autocast"])
def test_half_precision_is_computed_in_float32(found, dtype, rounding, narrow):
    x, *others, dy = (tensor.to(dtype) for tensor in given(33, 16))
    if not narrow:  # as autocast does: half precision in, float32 out, parameters in float32
        others, dy = [tensor.float() for tensor in others], dy.float()
    got = found(x, *others, dy, dtype=dtype if narrow else torch.float32)
    assert [tensor.dtype for tensor in got] == [dtype if narrow else torch.float32, dtype, *(t.dtype for t in others)]
    rounded = (rounding, rounding, rounding, rounding) if narrow else (5e-7, rounding, 1e-6, 1e-6)
    assert_accurate(got, exact(x, *others, dy), *rounded)


def test_input_and_gradient_that_are_not_contiguous(found):
    x, _, _, dy = given(6, 20)
    x, dy = x.view(6, 5, 4).mT, dy.view(6, 5, 4).mT
    weight, bias = torch.randn(5), torch.randn(5)
    assert_accurate(found(x, weight, bias, dy), exact(x, weight, bias, dy), 5e-7, 1e-6, 1e-6, 1e-6)


def test_the_same_bits_each_time(found):
    tensors = given(301, 24)
    assert all(map(torch.equal, found(*tensors), found(*tensors)))
