"""The scans under torch.compile: one graph, no warning, the numbers of eager mode."""

import subprocess
import sys
import warnings

import pytest
import torch

from istdbench.methods.mamba import mim_istd
from istdbench.ops import selective_scan, ss2d
from istdbench.ops.orders import cross_scan


def test_the_compiler_is_not_imported_before_something_is_compiled():
    code = "import sys, istdbench.ops; sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def compiled(function):
    return torch.compile(function, fullgraph=True, backend="aot_eager")


def parameters(states=4):
    torch.manual_seed(0)
    shapes = [(4, 2 + 2 * states, 6), (4, 6, 2), (4, 6), (4, 6, states), (4, 6)]
    return [torch.randn(shape) for shape in shapes]


@pytest.fixture(autouse=True)
def no_warning_and_no_leftover():
    torch.compiler.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        yield


def test_ss2d_and_its_gradient_are_those_of_eager_mode_at_any_batch(fast_backend, device):
    def scan(x):
        return ss2d(x, cross_scan(3, 5, device), *weights, backend=fast_backend)

    weights, one_graph = [tensor.to(device) for tensor in parameters()], compiled(scan)
    for batch in (2, 3, 5):
        results = []
        for function in (scan, one_graph):
            x = torch.linspace(-1, 1, batch * 15 * 6, device=device).view(batch, 15, 6).requires_grad_()
            y = function(x)
            results.append((y, *torch.autograd.grad(y.square().sum(), x)))
        torch.testing.assert_close(*results)


def test_selective_scan_is_that_of_eager_mode():
    u, delta, A, B, C = (torch.rand(shape) for shape in [(2, 3, 7), (2, 3, 7), (3, 4), (2, 4, 7), (2, 4, 7)])
    torch.testing.assert_close(compiled(selective_scan)(u, delta, -A, B, C), selective_scan(u, delta, -A, B, C))


def test_each_call_of_a_graph_has_its_own_orders_and_its_own_backend():
    few, many = parameters(), parameters(states=65)  # more than the C library takes

    def both(x, backend=None):
        return ss2d(x, cross_scan(3, 5), *few, backend=backend) + ss2d(x, cross_scan(5, 3), *many, backend=backend)

    x = torch.randn(2, 15, 6)
    torch.testing.assert_close(compiled(both)(x), both(x, "reference"), rtol=1e-4, atol=1e-4)


def test_the_whole_network_is_one_graph(device):
    torch.manual_seed(0)
    network, image = mim_istd.build().eval().to(device), torch.randn(1, 3, 64, 64, device=device)
    with torch.no_grad():
        torch.testing.assert_close(compiled(network)(image), network(image), rtol=1e-5, atol=1e-5)
