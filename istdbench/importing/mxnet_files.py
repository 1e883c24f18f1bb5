"""Files of MXNet's `save_parameters`: a list of named arrays, without any program in it.

Format: `NDArray::Save` and `NDArrayListSave` of Apache MXNet, `src/ndarray/ndarray.cc`. All numbers are little-endian:
the list's magic number and a reserved one (8 bytes each); how many arrays, then each array as magic number, kind of
storage, rank, sides (8 bytes each), device (two numbers), kind of number, and the numbers; then as many names.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from istdbench.errors import WeightsError

LIST = struct.pack("<Q", 0x112)
"""What such a file begins with."""

ARRAY = 0xF993FAC9
"""Magic number of an array with 64-bit sides."""

DTYPES = {0: torch.float32, 1: torch.float64, 2: torch.float16, 3: torch.uint8, 4: torch.int32, 6: torch.int64}


def read_mxnet(path: Path) -> dict[str, Tensor]:
    """Arrays by name.

    Raises:
        WeightsError: it is no such file, an array of it is sparse, or it ends early.
    """
    reader = _Reader(path.read_bytes())
    try:
        _, _, count = reader.numbers("QQQ")
        arrays = [_array(reader) for _ in range(count)]
        (named,) = reader.numbers("Q")
        names = [reader.take(*reader.numbers("Q")).decode() for _ in range(named)]
        return dict(zip(names, arrays, strict=True))
    except (struct.error, ValueError, KeyError) as error:
        raise WeightsError(f"weights {path}: no readable list of MXNet's arrays ({error})") from error


def _array(reader: _Reader) -> Tensor:
    magic, storage, rank = reader.numbers("IiI")
    if (magic, storage) != (ARRAY, 0):
        raise ValueError(f"an array of kind {magic:#x}, {storage}; dense arrays of MXNet 1.x are read")
    sides = tuple(reader.numbers(f"{rank}q"))
    _, _, kind = reader.numbers("iii")
    dtype = DTYPES[kind]
    data = bytearray(reader.take(math.prod(sides) * dtype.itemsize))
    return torch.frombuffer(data, dtype=dtype).reshape(sides)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def numbers(self, layout: str) -> Iterator[int]:
        layout = f"<{layout}"
        return iter(struct.unpack(layout, self.take(struct.calcsize(layout))))

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count] if count >= 0 else b""
        if len(taken) != count:
            raise ValueError("it ends early")
        self.at += count
        return taken
