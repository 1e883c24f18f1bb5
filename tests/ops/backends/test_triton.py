"""The Triton backend: its numbers, without a GPU by triton's interpreter, and every kernel compiled for an H100."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from istdbench.errors import UsageError
from istdbench.ops.backends import triton
from istdbench.ops.choice import BACKENDS, choose
from istdbench.ops.compile_ahead import _pass, compile_ahead
from istdbench.ops.contract import ScanInputs
from istdbench.ops.layer_norm import by_kernels

needs_triton = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="triton is not installed")
SPILLED = 64  # bytes of registers that a thread may keep in memory


@needs_triton
@pytest.mark.parametrize("kernels", ["triton_kernels.py", "layer_norm_kernels.py"])
def test_the_kernels_give_the_numbers_of_the_reference(device, kernels):
    file = Path(__file__).with_name(kernels)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--no-cov", "--device", device, str(file)]
    interpreted = {"TRITON_INTERPRET": "1"} if device == "cpu" else {}
    run = subprocess.run(command, env=os.environ | interpreted, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout


class HopperDriver:
    """What triton asks of a driver in order to compile, and not to run."""

    def get_current_target(self):
        from triton.backends.compiler import GPUTarget

        return GPUTarget("cuda", 90, 32)

    def get_current_device(self):
        return 90  # no real device: what is compiled here is never taken for a kernel of one

    def get_current_stream(self, device):
        return 0


@pytest.fixture
def compiled(monkeypatch):
    """Launches compile only; the compiled kernels, in turn."""
    from triton.runtime.driver import driver

    from istdbench.ops.backends.triton import start

    kernels = []

    def compile_only(kernel, arguments, constants):
        kernels.append(kernel.warmup(*arguments, grid=(1,), **constants))

    monkeypatch.setattr(start, "instead", compile_only)
    monkeypatch.setattr(driver, "_active", HopperDriver())
    return kernels


def spilled(kernel, folder):
    """Bytes of stack of a thread of a compiled kernel."""
    from triton import knobs

    file = folder / "kernel.cubin"
    file.write_bytes(kernel.asm["cubin"])
    usage = subprocess.run([knobs.nvidia.cuobjdump.path, "-res-usage", file], capture_output=True, text=True).stdout
    return int(re.search(r"STACK:(\d+)", usage)[1])


@needs_triton
@pytest.mark.parametrize(
    "batch, length, channels, states, rank, dtype, names",
    [
        (4096, 16, 16, 16, 1, torch.float32, "outputs gradients"),
        (1, 4096, 64, 4, 2, torch.bfloat16, "ends carry outputs ends carry gradients"),
    ],
    ids=["inner", "outer"],
)
def test_every_kernel_compiles_for_an_h100_and_stays_in_its_registers(
    compiled, tmp_path, batch, length, channels, states, rank, dtype, names
):
    orders = 4
    x, proj = torch.empty(batch, length, channels), torch.empty(batch, length, orders, rank + 2 * states)
    constants = [torch.empty(orders, channels, rank), torch.empty(orders, channels, states)]
    constants += [torch.empty(orders, channels), torch.empty(orders, channels)]
    inputs = [x.to(dtype), torch.empty(0, *x.shape), proj.to(dtype), *constants]
    inputs = [tensor.requires_grad_() for tensor in inputs]
    y = triton.multi_scan(ScanInputs(*inputs, torch.arange(length).expand(orders, length), True))
    y.backward(torch.empty_like(y))
    assert [kernel.name for kernel in compiled] == names.split()
    assert {kernel.name: spilled(kernel, tmp_path) for kernel in compiled if spilled(kernel, tmp_path) > SPILLED} == {}


@needs_triton
@pytest.mark.parametrize("width", [24, 512])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_layer_norm_compiles_for_an_h100_and_stays_in_its_registers(compiled, tmp_path, width, dtype):
    x, weight, bias = (torch.empty(shape).requires_grad_() for shape in ((3, width), width, width))
    by_kernels(x.to(dtype), weight, bias, 1e-5, torch.float32).sum().backward()
    assert [kernel.name for kernel in compiled] == ["normalise", "normalise_gradients"]
    assert [spilled(kernel, tmp_path) for kernel in compiled] == [0, 0]


@needs_triton
def test_what_a_call_would_launch_is_compiled_before_it_side_by_side(monkeypatch):
    from triton.runtime.driver import driver

    from istdbench.ops.backends.triton import launches

    monkeypatch.setattr(driver, "_active", HopperDriver())
    shapes = [(2, 65, 2), (0, 2, 65, 2), (2, 65, 1, 2), (1, 2, 0), (1, 2, 1), (1, 2), (1, 2)]
    tensors, orders = [torch.zeros(shape).requires_grad_() for shape in shapes], torch.arange(65)[None]
    shown = []

    def call():
        x, *others = tensors
        normed = by_kernels(x, torch.ones(2), torch.zeros(2), 1e-5, torch.float32)
        y = triton.multi_scan(ScanInputs(normed, *others, orders, True))
        return torch.autograd.grad(y.sum(), tensors, materialize_grads=True)

    def track(items, title):
        shown.append((title, len(items)))
        return items

    assert launches.compile_launches(call, track) == 6
    assert shown == [("compile the GPU's kernels", 6)]
    assert (
        launches.compile_launches(call, track) == 0 and len(shown) == 1
    )  # nothing is said where nothing is waited for


def test_the_pass_before_the_first_leaves_no_trace():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Dropout())
    before, random = {name: value.clone() for name, value in network.state_dict().items()}, torch.get_rng_state()
    _pass(network, torch.randn(2, 1, 5, 5, generator=torch.Generator().manual_seed(1)), backward=True)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert network.training and all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(random, torch.get_rng_state())


def test_nothing_is_compiled_for_a_cpu():
    assert compile_ahead(torch.nn.Identity(), torch.zeros(1)) == 0


def test_without_a_gpu_it_says_so():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert triton.why_not() == "no CUDA device"
    with pytest.raises(UsageError, match="'triton': no CUDA device"):
        choose(torch.empty(1), 16, "triton")


def test_without_triton_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    triton.why_not.cache_clear()
    assert "pip install triton" in triton.why_not()
    triton.why_not.cache_clear()


@pytest.mark.parametrize(
    "device, dtype, states, reason",
    [
        ("cpu", torch.float32, 16, "on cuda, not on cpu"),
        ("cuda", torch.float64, 16, "not in float64"),
        ("cuda", torch.float32, 65, "at most 64 states"),
        ("cuda", torch.bfloat16, 64, ""),
    ],
)
def test_what_the_kernels_cannot_take_is_refused(device, dtype, states, reason):
    said = BACKENDS["triton"].refuses(device, dtype, states)
    assert reason in said and bool(reason) == bool(said)


def test_istdbench_does_without_triton():
    code = "import sys; sys.modules['triton'] = None; import istdbench.ops; print(istdbench.ops.backends()['triton'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
