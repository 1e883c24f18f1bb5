"""The C library, built at install and opened with ctypes."""

from __future__ import annotations

import ctypes
import importlib.util
from functools import lru_cache

import torch  # noqa: F401 - before the library is opened, so that both share one OpenMP runtime

HUGE_PAGE = 2**21  # bytes


class Scan(ctypes.Structure):
    """`Scan` of csrc/scan.h."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("x", "dt", "proj", "dt_proj", "A", "D", "bias", "order")] + [
        (name, ctypes.c_int64) for name in ("orders", "batch", "length", "channels", "states", "rank", "softplus")
    ]


class Gradients(ctypes.Structure):
    """`Gradients` of csrc/scan.h."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("dy", "dx", "ddt", "dproj", "constants", "starts")] + [
        (name, ctypes.c_int) for name in ("add_dx", "add_dproj")
    ]


def why_not() -> str:
    """The reason why the C library cannot run on this machine; "" where it can."""
    try:
        load()
    except OSError as error:
        return str(error)
    return ""


def variants() -> list[str]:
    """Names of the SIMD variants that this processor can run, the fastest first."""
    found: list[str] = []
    while name := load().scan_variant(len(found)):
        found.append(name.decode())
    return found


@lru_cache
def load() -> ctypes.CDLL:
    """The library, with the types of its functions.

    Raises:
        OSError: it was not built, or cannot be opened.
    """
    spec = importlib.util.find_spec("istdbench.ops.backends.c._scan")
    if spec is None or spec.origin is None:
        raise OSError("not built when istdbench was installed; install a C compiler and then istdbench again")
    opened = ctypes.CDLL(spec.origin)
    number, size, pointer = ctypes.c_int, ctypes.c_int64, ctypes.c_void_p
    scan, gradients = ctypes.POINTER(Scan), ctypes.POINTER(Gradients)
    for name, result, arguments in (
        ("scan_variant", ctypes.c_char_p, [number]),
        ("scan_lanes", size, [number]),
        ("scan_prepare", number, [scan, pointer, pointer, pointer]),
        ("scan_constants", None, [scan, pointer, size, pointer, pointer, pointer, pointer]),
        ("scan_huge_pages", None, [pointer, size]),
        ("scan_forward", None, [scan, pointer, number, number]),
        ("scan_forward_spread", None, [scan, pointer, pointer, size, number, number]),
        ("scan_backward", None, [scan, gradients, size, size, number, number]),
        ("scan_backward_spread", None, [scan, gradients, pointer, pointer, size, number, number]),
        ("scan_exponentials", ctypes.c_float, [size, number, number]),
    ):
        function = getattr(opened, name)
        function.restype, function.argtypes = result, arguments
    return opened


@lru_cache
def best_variant(channels: int) -> int:
    """The number of the variant to use: the first but for those more than half of whose lanes would lie idle."""
    lanes = [load().scan_lanes(i) for i in range(len(variants()))]
    fits = [i for i, lane in enumerate(lanes) if lane < 2 * channels or lane <= 8]
    return fits[0]
