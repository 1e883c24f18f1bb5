"""How a scan is cut into programs, by device: what `benchmarks/gpu_tune.py` found there, or a reasoned default."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from pathlib import Path

import torch

TABLE = Path(__file__).with_name("tuned.json")
ONE_PIECE = 64  # steps; a sequence that is no longer is scanned in one piece, all its orders by one program
UNROLLED = 64  # steps times states of a forward program: more takes minutes to compile


@dataclass(frozen=True)
class Cut:
    """The numbers that a device is tuned by. All but `programs` and `shares` are powers of two.

    Attributes:
        columns: of a forward program, one a thread of as many warps as that takes.
        steps: of a forward program whose loads are under way together. triton's pass "coalesce", which is nearly all of
            the compiler's time, takes 14 times as long for 4 as for 1.
        chunk: the least steps of a piece of a long sequence.
        programs: forward programs that keep the device busy: pieces are longer where there would be more.
        ends: of chunks that are under way together while they are chained.
        tile: states times channels of a backward program, which is one warp, so that no sum waits for another.
        lanes: of a backward program that share a channel, each a part of its states; and steps whose states it keeps in
            registers at once.
        shares: backward programs at most; each has its own part of the gradients of the parameters.
    """

    columns: int
    steps: int
    chunk: int
    programs: int
    ends: int
    tile: int
    lanes: int
    shares: int

    def warps(self) -> int:
        """Of a forward program."""
        return max(1, self.columns // 32)

    def unrolled(self, states: int) -> int:
        """Steps of a forward program whose loads are under way together, of so many states."""
        return min(self.steps, max(1, UNROLLED // states))

    def pieces(self, length: int, columns: int, orders: int) -> tuple[int, int]:
        """The steps of a piece of a sequence, and how many pieces there are."""
        if length <= ONE_PIECE:
            return ONE_PIECE, 1
        chunk = max(self.chunk, self.lanes)
        while chunk < length and ceil(columns / self.columns) * ceil(length / chunk) * orders > self.programs:
            chunk *= 2
        return chunk, ceil(length / chunk)


@lru_cache
def table() -> dict[str, Cut]:
    """Every tuned device by the name that PyTorch gives it, and "default" for all others."""
    return {name: Cut(**numbers) for name, numbers in json.loads(TABLE.read_text()).items()}


def cut_of(device: torch.device) -> Cut:
    """The numbers of a device; where triton's interpreter runs, of none, those that hold by default."""
    name = _name(device.index) if device.type == "cuda" else "default"
    return table().get(name, table()["default"])


@lru_cache
def _name(index: int | None) -> str:
    return torch.cuda.get_device_name(index)
