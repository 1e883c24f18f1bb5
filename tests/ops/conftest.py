"""One switch, `pytest tests/ops --device cuda`, runs the same tests on a GPU: their tensors are made, and what comes
back is compared, on the CPU; only what is tested runs elsewhere.

A forward pass on CUDA may be further off: exp2 and division are approximate there (each errs by up to two units in the
last place), and the error of a decay adds up along a sequence. 4.4e-7 was seen on an H200; a CPU stays below 2e-7.
"""

from functools import wraps

import pytest
import torch
from torch.utils._pytree import tree_map_only

from istdbench.ops.choice import BACKENDS

FORWARD_LIMIT = {"cpu": 2e-7, "cuda": 5e-7}
"""Of the error of y against float64, relative to its norm, by device."""
NOT_HERE = ("reference", "mamba_ssm")
"""What others are compared with, and what has its own tests."""


def refusal(backend, device):
    """Why a backend cannot run on a device; "" where it can."""
    chosen = BACKENDS[backend]
    return chosen.why_not() or chosen.refuses(device, torch.float32, 1)


@pytest.fixture(scope="session")
def device(request):
    """What `--device` says."""
    return request.config.getoption("--device")


@pytest.fixture
def forward_limit(device):
    return FORWARD_LIMIT[device]


@pytest.fixture
def on_device(device):
    """Wraps a function so that it runs on the device: its tensors are brought there, and the result back."""

    def wrap(function):
        @wraps(function)
        def call(*arguments, **named):
            there = tree_map_only(torch.Tensor, lambda tensor: tensor.to(device), (arguments, named))
            return tree_map_only(torch.Tensor, lambda tensor: tensor.cpu(), function(*there[0], **there[1]))

        return call

    return wrap


@pytest.fixture(params=[name for name in BACKENDS if name not in NOT_HERE])
def fast_backend(request, device):
    """The name of each backend but the reference; skips where the device has it not."""
    if reason := refusal(request.param, device):
        pytest.skip(reason)
    return request.param


@pytest.fixture(params=[name for name in BACKENDS if name != "mamba_ssm"])
def any_backend(request, device):
    """The name of each backend, the reference too."""
    if reason := refusal(request.param, device):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def own_backend(device):
    """The name of the backend whose kernels are of the package itself, with projections: one a device."""
    name = {"cpu": "c", "cuda": "triton"}[device]
    if reason := refusal(name, device):
        pytest.skip(reason)
    return name
