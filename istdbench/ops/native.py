"""Backend `c`: the scan as a C library with SIMD variants, built at install and opened with ctypes. CPU, float32."""

from __future__ import annotations

import ctypes
import importlib.util
from functools import lru_cache

import torch  # before the library is opened, so that both share one OpenMP runtime
from torch import Tensor

from istdbench.errors import UsageError
from istdbench.ops.custom_op import scan_op

VARIANT = 0  # of those this processor can run, the fastest first
MAX_STATES = 64
CHUNKS = 32  # the batch is cut into at most so many, for the gradients that are summed over it
_LOG2_E = 1.4426950408889634
_LARGEST_A = 1e8  # beyond, 2^x for x = delta A loses the fraction of x


class _Scan(ctypes.Structure):
    """`Scan` of csrc/scan.h."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("x", "dt", "bc", "A", "D", "bias", "order")] + [
        (name, ctypes.c_int64) for name in ("orders", "batch", "length", "channels", "states", "softplus")
    ]


class _Gradients(ctypes.Structure):
    """`Gradients` of csrc/scan.h."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("dy", "dx", "ddt", "dbc", "constants", "workspace")] + [
        (name, ctypes.c_int64) for name in ("parts", "chunks")
    ]


def why_not() -> str:
    """The reason why the C library cannot run on this machine; "" where it can."""
    try:
        _library()
    except OSError as error:
        return str(error)
    return ""


def refuses(x: Tensor, states: int) -> str:
    """The reason why the C library cannot take x and this number of states; "" where it can."""
    if x.device.type != "cpu":
        return f"needs tensors on the CPU, not on {x.device}"
    if x.dtype == torch.float64:
        return "computes in float32, not in float64"
    return f"takes at most {MAX_STATES} states, not {states}" if states > MAX_STATES else ""


def variants() -> list[str]:
    """Names of the SIMD variants that this processor can run, the fastest first."""
    found: list[str] = []
    while name := _library().scan_variant(len(found)):
        found.append(name.decode())
    return found


@lru_cache
def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("istdbench.ops._scan")
    if spec is None or spec.origin is None:
        raise OSError("not built when istdbench was installed; install a C compiler and then istdbench again")
    library = ctypes.CDLL(spec.origin)
    number, scan, gradients = ctypes.c_int, ctypes.POINTER(_Scan), ctypes.POINTER(_Gradients)
    for name, result, arguments in (
        ("scan_variant", ctypes.c_char_p, [number]),
        ("scan_permutations", number, [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]),
        ("scan_lanes", ctypes.c_int64, [number]),
        ("scan_workspace", ctypes.c_int64, [scan, number]),
        ("scan_forward", None, [scan, ctypes.c_void_p, number, number]),
        ("scan_backward", None, [scan, gradients, number, number]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class _Arguments:
    """The arguments of a scan as the library reads them; keeps the tensors it points into alive."""

    def __init__(self, *tensors: Tensor, softplus: bool) -> None:
        x, dt, bc, A, D, dt_bias, orders = tensors
        orders = orders.contiguous()
        seen = torch.zeros_like(orders, dtype=torch.int8)
        if not _library().scan_permutations(orders.data_ptr(), *orders.shape, seen.data_ptr()):
            raise UsageError(f"orders: each row must hold each position from 0 to {x.shape[1] - 1} once")
        A = A.mT.mul(_LOG2_E).clamp(-_LARGEST_A, _LARGEST_A)
        self.tensors = [tensor.contiguous() for tensor in (x, dt, bc, A, D, dt_bias, orders)]
        shape = (len(orders), *x.shape, A.shape[-2])
        self.scan = _Scan(*(tensor.data_ptr() for tensor in self.tensors), *shape, softplus)


def _forward(
    x: Tensor, dt: Tensor, bc: Tensor, A: Tensor, D: Tensor, dt_bias: Tensor, orders: Tensor, softplus: bool
) -> Tensor:
    y = torch.empty_like(x, memory_format=torch.contiguous_format)
    arguments = _Arguments(x, dt, bc, A, D, dt_bias, orders, softplus=softplus)
    _library().scan_forward(arguments.scan, y.data_ptr(), torch.get_num_threads(), VARIANT)
    return y


def _backward(
    dy: Tensor,
    x: Tensor,
    dt: Tensor,
    bc: Tensor,
    A: Tensor,
    D: Tensor,
    dt_bias: Tensor,
    orders: Tensor,
    softplus: bool,
) -> tuple[Tensor, ...]:
    arguments = _Arguments(x, dt, bc, A, D, dt_bias, orders, softplus=softplus)
    library, threads = _library(), torch.get_num_threads()
    batch, _, channels = x.shape
    states = A.shape[-1]
    vectors = -(-channels // library.scan_lanes(VARIANT))
    chunks = min(batch, CHUNKS)
    parts = 1 if chunks >= CHUNKS // 2 else vectors  # a large batch is work enough for all threads
    dy = dy.contiguous()
    dx, ddt = (torch.empty_like(tensor, memory_format=torch.contiguous_format) for tensor in (x, dt))
    dbc = x.new_empty(parts, *bc.shape)
    constants = x.new_zeros(chunks, len(orders), states + 2, channels)
    workspace = x.new_empty(threads, library.scan_workspace(arguments.scan, VARIANT))
    pointers = (tensor.data_ptr() for tensor in (dy, dx, ddt, dbc, constants, workspace))
    library.scan_backward(arguments.scan, _Gradients(*pointers, parts, chunks), threads, VARIANT)
    dA, dD, dt_bias_gradient = (constants[:, :, i].sum(0) for i in (slice(states), states, states + 1))
    return dx, ddt, dbc[0] if parts == 1 else dbc.sum(0), dA.mT.contiguous(), dD, dt_bias_gradient


multi_scan = scan_op("c", _forward, _backward)
