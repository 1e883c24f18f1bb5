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


@dataclass(frozen=True)
class Cut:
    """The numbers that a device is tuned by. All but `programs`, `shares` and `registers` are powers of two.

    Attributes:
        lanes: of a warp that share a channel, each a part of its states; and steps whose loads are under way together,
            and whose states the backward pass keeps in registers.
        forward_tile: states times channels of a forward program. Each program is one warp, so that no sum waits for
            another.
        backward_tile: of a backward program.
        registers: of a thread of a backward program, at most: with fewer, more programs are under way together.
        shares: backward programs at most; each has its own part of the gradients of the parameters.
        chunk: the least steps of a piece of a long sequence.
        programs: forward programs that keep the device busy: pieces are longer where there would be more.
        ends: of chunks that are chained at once.
    """

    lanes: int
    forward_tile: int
    backward_tile: int
    registers: int
    shares: int
    chunk: int
    programs: int
    ends: int

    def pieces(self, length: int, programs: int) -> tuple[int, int]:
        """The steps of a piece of a sequence, and how many pieces there are; each takes so many forward programs."""
        if length <= ONE_PIECE:
            return ONE_PIECE, 1
        chunk = max(self.chunk, self.lanes)
        while chunk < length and ceil(length / chunk) * programs > self.programs:
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
