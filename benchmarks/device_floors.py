"""What a device could do at best: bytes and exponentials a second, and the least time that a scan needs of both."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import torch
from device_timing import race
from torch import Tensor

COPIED = {"cuda": 1 << 28, "cpu": 1 << 22}  # floats; far more than a cache holds
EXPONENTIALS = {"cuda": 1 << 36, "cpu": 1 << 22}


@dataclass(frozen=True)
class Device:
    """Measured rates of a device, per second."""

    bytes: float
    exponentials: float


def measure(device: torch.device, samples: int) -> Device:
    """Bytes read and written by a large copy; exponentials by a kernel that takes nothing else."""
    source = torch.randn(COPIED[device.type], device=device)
    target, count = torch.empty_like(source), EXPONENTIALS[device.type]
    calls = {"copy": lambda: target.copy_(source), "exp": lambda: take_exponentials(count, device)}
    times = {name: measured.best for name, measured in race(calls, device, samples).items() if measured}
    return Device(2 * source.nbytes / times["copy"], count / times["exp"])


def take_exponentials(count: int, device: torch.device) -> None:
    """Take so many, on CUDA in registers."""
    if device.type == "cuda":
        importlib.import_module("exponentials").take(count, device)  # asks for triton
    else:
        torch.zeros(count).exp2_()


@dataclass(frozen=True)
class Floor:
    """The least bytes to move and exponentials to take.

    Forward: read each input once, write y, one exponential a state, step, order and channel. With the backward pass:
    read the inputs and the gradient of y, write a gradient an input, and take the exponentials again, since nobody
    keeps them. What fits into the cache between the two can beat the floor of bytes.
    """

    bytes: int
    exponentials: int

    def seconds(self, device: Device) -> tuple[float, float]:
        """Of the bytes and of the exponentials."""
        return self.bytes / device.bytes, self.exponentials / device.exponentials


def floor(inputs: list[Tensor], y: Tensor, exponentials: int, backward: bool) -> Floor:
    """Of a scan with these inputs and this output."""
    read = sum(tensor.nbytes for tensor in inputs)
    moved = read + y.nbytes
    return Floor(2 * moved + read if backward else moved, 2 * exponentials if backward else exponentials)
