"""Files of `torch.save`, from before PyTorch 1.6 and since, read without running the pickle in them."""

from __future__ import annotations

import io
import math
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from istdbench.errors import WeightsError
from istdbench.importing.inert import Holder, StoragePlan, TensorPlan, read_inert

MAGIC = 0x1950A86A20F9469CFC6C
"""The number that a file from before PyTorch 1.6 begins with."""

DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def read_torch(path: Path) -> Any:
    """What a file of `torch.save` holds, as plain Python values, tensors, and `Holder`s for objects of any class.

    Raises:
        WeightsError: it is no such file, damaged, or holds what weights do not need.
    """
    source = str(path)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _of_archive(archive, source)
        return _of_pickles(io.BytesIO(path.read_bytes()), source)
    except (OSError, zipfile.BadZipFile) as error:
        raise WeightsError(f"weights {path}: not readable ({error})") from error


def _of_archive(archive: zipfile.ZipFile, source: str) -> Any:
    names = [name for name in archive.namelist() if name.endswith("data.pkl")]
    if len(names) != 1:
        raise WeightsError(f"weights {source}: a zip archive, but none of torch.save ({len(names)} files data.pkl)")
    if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
        raise WeightsError(f"weights {source}: compressed, which torch.save does not do; unpack it")
    folder = names[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != sys.byteorder.encode():
        raise WeightsError(f"weights {source}: written on a machine of another byte order")
    if any(name.startswith(f"{folder}code/") for name in archive.namelist()):
        raise WeightsError(f"weights {source}: a TorchScript program; save its state_dict() and import that")

    def stored(storage: StoragePlan) -> bytes:
        try:
            return archive.read(f"{folder}data/{storage.key}")
        except KeyError as error:
            raise WeightsError(f"weights {source}: no storage {storage.key!r} in it") from error

    held = read_inert(io.BytesIO(archive.read(names[0])), source).value
    return _filled(held, lambda storage: _row(storage, stored(storage), source), source)


def _of_pickles(stream: io.BytesIO, source: str) -> Any:
    """Pickles in a row: a magic number, a version, facts of the machine, the object, keys. Then the storages."""
    if (first := read_inert(stream, source).value) != MAGIC:
        return first  # a plain pickle, in which PyTorch keeps no tensor
    _, machine, held, keys = (read_inert(stream, source) for _ in range(4))
    if not isinstance(machine.value, dict) or machine.value.get("little_endian") is not (sys.byteorder == "little"):
        raise WeightsError(f"weights {source}: written on a machine of another byte order")
    if not isinstance(keys.value, list) or sorted(held.storages) != sorted(map(str, keys.value)):
        raise WeightsError(f"weights {source}: the storages behind its pickle are not those that its tensors have")
    rows: dict[str, Tensor] = {}
    for storage in map(held.storages.__getitem__, keys.value):
        count, dtype = int.from_bytes(stream.read(8), "little"), _dtype(storage, source)
        rows[storage.key] = _row(storage, stream.read(min(count, storage.count) * dtype.itemsize), source)
    return _filled(held.value, lambda storage: rows[storage.key], source)


def _dtype(storage: StoragePlan, source: str) -> torch.dtype:
    if storage.kind not in DTYPES:
        raise WeightsError(f"weights {source}: numbers of kind {storage.kind!r}, which no network here has")
    return DTYPES[storage.kind]


def _row(storage: StoragePlan, data: bytes, source: str) -> Tensor:
    """The numbers of a storage."""
    dtype = _dtype(storage, source)
    if len(data) != storage.count * dtype.itemsize:
        raise WeightsError(
            f"weights {source}: storage {storage.key!r} has {len(data)} bytes where {storage.count} numbers of "
            f"{dtype.itemsize} bytes are said to be; the file ends early, or is damaged"
        )
    return torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)


def _tensor(plan: TensorPlan, row: Tensor, source: str) -> Tensor:
    if math.prod(plan.size) > row.numel():
        raise WeightsError(f"weights {source}: a tensor of {plan.size} in a storage of {row.numel()} numbers")
    try:
        return row.as_strided(plan.size, plan.stride, plan.offset).clone()
    except RuntimeError as error:
        raise WeightsError(f"weights {source}: a tensor that lies outside its storage ({error})") from error


def _filled(value: Any, row: Callable[[StoragePlan], Tensor], source: str) -> Any:
    """The same value, with tensors where its dictionaries and lists hold plans. It may hold itself in circles."""
    waiting, visited, rows = [value], {}, {}
    while waiting:
        item = waiting.pop()
        if id(item) in visited:
            continue
        visited[id(item)] = item  # kept, so that no other takes its number
        if isinstance(item, Holder):
            waiting.append(item.state)
        elif isinstance(item, tuple):
            waiting += item
        elif isinstance(item, dict | list):
            for place, inside in list(item.items() if isinstance(item, dict) else enumerate(item)):
                if isinstance(inside, TensorPlan):
                    storage = inside.storage
                    if storage.key not in rows:
                        rows[storage.key] = row(storage)
                    item[place] = _tensor(inside, rows[storage.key], source)
                else:
                    waiting.append(inside)
    return value
