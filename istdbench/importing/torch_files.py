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
from istdbench.importing.inert import Holder, StorageFile, StoragePlan, TensorPlan, read_inert

MAGIC = 0x1950A86A20F9469CFC6C
"""The number that a file from before PyTorch 1.6 begins with."""

NO_WEIGHTS = {
    b"PK": "the file ends early, or is damaged",
    b"<": "a web page",
    b"version ": "a pointer of Git LFS to the file, not the file",
}
"""What downloads that went wrong begin with; a zip archive that is whole is read before."""

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
    with path.open("rb") as file:
        start = file.read(8)
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _of_archive(archive, source)
        for begins, what in NO_WEIGHTS.items():
            if start.startswith(begins):
                raise WeightsError(f"weights {path}: {what}; download it again")
        if not start:
            raise WeightsError(f"weights {path}: an empty file; download it again")
        return _of_pickles(io.BytesIO(path.read_bytes()), source)
    except WeightsError:
        raise
    except Exception as error:  # a damaged archive makes zipfile raise almost anything
        raise WeightsError(
            f"weights {path}: not readable ({error or type(error).__name__}); download it again"
        ) from error


def _of_archive(archive: zipfile.ZipFile, source: str) -> Any:
    if any("/code/" in name for name in archive.namelist()):
        raise WeightsError(f"weights {source}: a TorchScript program; save its state_dict() and import that")
    names = [name for name in archive.namelist() if name.endswith("data.pkl")]
    if len(names) != 1:
        raise WeightsError(f"weights {source}: a zip archive, but none of torch.save ({len(names)} files data.pkl)")
    if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
        raise WeightsError(f"weights {source}: compressed, which torch.save does not do; unpack it")
    folder = names[0].removesuffix("data.pkl")
    if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != sys.byteorder.encode():
        raise WeightsError(f"weights {source}: written on a machine of another byte order")

    def stored(storage: StoragePlan) -> bytes:
        try:
            return archive.read(f"{folder}data/{storage.key}")
        except KeyError as error:
            raise WeightsError(f"weights {source}: no storage {storage.key!r} in it") from error

    held = read_inert(io.BytesIO(archive.read(names[0])), source).value
    return _filled(held, lambda plan: _row(plan, stored(plan), source), source)


def _of_pickles(stream: io.BytesIO, source: str) -> Any:
    """One pickle of `pickle.dump`, in which each storage is a file of its own, or those of `torch.save`."""
    start = stream.tell()
    if (first := read_inert(stream, source).value) == MAGIC:
        stream.seek(start)
        held, rows = _pickles(stream, source)
        return _filled(held, lambda plan: rows[plan.key], source)

    def stored(plan: StoragePlan) -> Tensor:
        raise WeightsError(f"weights {source}: no storage {plan.key!r} in it")

    return _filled(first, stored, source)


def _pickles(stream: io.BytesIO, source: str) -> tuple[Any, dict[str, Tensor]]:
    """Pickles in a row: a magic number, a version, facts of the machine, the object, keys. Then the storages.

    Returns:
        The object, which `_filled` completes, and the rows of its storages by their keys.
    """
    if read_inert(stream, source).value != MAGIC:
        raise WeightsError(f"weights {source}: a storage in it is not kept as PyTorch keeps one")
    _, machine, held, keys = (read_inert(stream, source) for _ in range(4))
    if not isinstance(machine.value, dict) or machine.value.get("little_endian") is not (sys.byteorder == "little"):
        raise WeightsError(f"weights {source}: written on a machine of another byte order")
    if not isinstance(keys.value, list) or sorted(held.storages) != sorted(map(str, keys.value)):
        raise WeightsError(f"weights {source}: the storages behind its pickle are not those that its tensors have")
    rows: dict[str, Tensor] = {}
    for storage in map(held.storages.__getitem__, keys.value):
        count, dtype = int.from_bytes(stream.read(8), "little"), _dtype(storage, source)
        rows[storage.key] = _row(storage, stream.read(min(count, storage.count) * dtype.itemsize), source)
    return held.value, rows


def _row_of_file(file: StorageFile, source: str) -> Tensor:
    plan, rows = _pickles(io.BytesIO(file.content), source)
    if not isinstance(plan, StoragePlan):
        raise WeightsError(f"weights {source}: a storage in it is not kept as PyTorch keeps one")
    return rows[plan.key]


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
                    if storage not in rows:
                        rows[storage] = (
                            _row_of_file(storage, source) if isinstance(storage, StorageFile) else row(storage)
                        )
                    item[place] = _tensor(inside, rows[storage], source)
                else:
                    waiting.append(inside)
    return value
