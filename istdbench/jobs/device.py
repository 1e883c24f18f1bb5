"""The device that a run or a training uses."""

from __future__ import annotations

import torch

from istdbench.errors import UsageError


def check_device(name: str) -> None:
    """Refuse a device that is not here, before any work is done.

    Raises:
        UsageError: an unknown name, or CUDA where there is none.
    """
    if name not in ("cpu", "cuda"):
        raise UsageError(f"no device {name!r}; there are cpu and cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError("device cuda: PyTorch sees no CUDA device here; take --device cpu, or a CUDA build of PyTorch")
