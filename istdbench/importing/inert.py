"""A pickle read without running anything: tensors become descriptions, every class an empty holder.

A pickle is a program, and its calls name whatever function they like. Here no name is looked up: the few names by
which PyTorch says how a tensor is put together give a `TensorPlan`, an ordered dictionary is a dictionary, and every
other name is a `Holder` class made for it, whose calls do nothing. Nothing foreign is imported or called, and no number
of a tensor is read before the program has ended (`istdbench.importing.torch_files`).
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from istdbench.errors import WeightsError

_MEMO = ("PUT", "BINPUT", "LONG_BINPUT")


@dataclass(frozen=True)
class StoragePlan:
    """A row of numbers kept elsewhere in the file.

    Attributes:
        kind: PyTorch's name of it, such as "FloatStorage".
        key: name of its bytes.
        count: how many numbers it says to have.
    """

    kind: str
    key: str
    count: int

    def __setstate__(self, state: object) -> None:
        """What it says of itself is not changed afterwards."""


@dataclass(frozen=True)
class TensorPlan:
    """How a tensor lies in its storage; `offset` and `stride` count numbers."""

    storage: StoragePlan
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def __setstate__(self, state: object) -> None:
        """Attributes that a tensor was given are no part of its numbers."""


class Holder:
    """What stands in the place of an object of a class that is not looked up.

    Attributes:
        state: what the object would have been restored from; None where the pickle gives none.
    """

    state: Any = None

    def __new__(cls, *given: object, **named: object) -> Holder:
        return super().__new__(cls)

    def __init__(self, *given: object, **named: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        self.state = state

    def append(self, item: object) -> None:
        """Items of a class that is a list."""

    extend = add = append

    def __setitem__(self, key: object, value: object) -> None:
        """Items of a class that is a dictionary."""


class _Items(dict[Any, Any]):
    """An ordered dictionary, without the attributes that it was given."""

    def __setstate__(self, state: object) -> None:
        pass


class _Rebuild:
    """A name that may be called, as an object of our own, on which a pickle finds nothing to change."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., object]) -> None:
        self._make = make

    def __call__(self, *given: Any) -> object:
        return self._make(*given)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function is given attributes")


def _tensor(storage: object, offset: object, size: object, stride: object, *rest: object) -> TensorPlan:
    whole = (offset, *size, *stride) if isinstance(size, tuple) and isinstance(stride, tuple) else ()
    if not isinstance(storage, StoragePlan) or not whole or any(type(number) is not int for number in whole):
        raise pickle.UnpicklingError("a tensor is not described as PyTorch describes one")
    return TensorPlan(storage, whole[0], size, stride)  # type: ignore[arg-type]


def _same(value: object, *rest: object) -> object:
    return value


_KNOWN: dict[tuple[str, str], Callable[..., object]] = {
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _same,
    ("torch._utils", "_rebuild_parameter_with_state"): _same,
    ("torch", "Size"): _same,
    ("builtins", "set"): lambda items=(): set(items),
    ("__builtin__", "set"): lambda items=(): set(items),
}


class _InertUnpickler(pickle.Unpickler):
    """Takes no name from outside, see the module."""

    def __init__(self, program: bytes) -> None:
        super().__init__(io.BytesIO(program))
        self.storages: dict[str, StoragePlan] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Items
        known = _KNOWN.get((module, name))
        return type(name, (Holder,), {"__module__": module}) if known is None else _Rebuild(known)

    def persistent_load(self, pid: Any) -> object:
        """A storage, or, as PyTorch wrote before 1.6, a class with its source text, which is left alone."""
        if isinstance(pid, tuple) and pid[:1] == ("module",):
            return pid[1]
        try:
            tag, kind, key, _, count = pid[:5]
            whole_storage = tag == "storage" and issubclass(kind, Holder) and (len(pid) == 5 or pid[5] is None)
        except (TypeError, ValueError) as error:
            raise pickle.UnpicklingError("a storage is not named as PyTorch names one") from error
        if not whole_storage or not isinstance(key, str) or type(count) is not int:
            raise pickle.UnpicklingError("a storage is not named as PyTorch names one")
        return self.storages.setdefault(key, StoragePlan(kind.__name__, key, count))


class Read(NamedTuple):
    """What one pickle holds, as plain Python values, `TensorPlan`s and `Holder`s; and the storages that it names."""

    value: Any
    storages: Mapping[str, StoragePlan]


def read_inert(stream: io.BytesIO, source: str) -> Read:
    """Read one pickle.

    Args:
        stream: stands at the pickle's first byte, and afterwards behind its last.
        source: what the message of an error calls it.

    Raises:
        WeightsError: it is no pickle, or does what no file of weights does.
    """
    try:
        unpickler = _InertUnpickler(_checked(stream))
        return Read(unpickler.load(), unpickler.storages)
    except Exception as error:  # a program of a stranger may fail in any way; none of its own code has run
        raise WeightsError(f"weights {source}: no pickle of tensors ({type(error).__name__}: {error})") from error


def _checked(stream: io.BytesIO) -> bytes:
    """The bytes of one pickle; one that numbers what it remembers far beyond its length would fill the memory."""
    begin = stream.tell()
    numbers: list[Any] = [arg for code, arg, _ in pickletools.genops(stream) if code.name in _MEMO]
    length = stream.tell() - begin
    if max(numbers, default=0) > length:
        raise pickle.UnpicklingError("it remembers more than it holds")
    stream.seek(begin)
    return stream.read(length)
