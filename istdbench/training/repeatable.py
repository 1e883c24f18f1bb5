"""The same training gives the same bits on one device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def repeatable() -> Iterator[None]:
    """Inside, cuDNN takes only algorithms that add up in one order, and tries none out.

    What else adds up by atomic operations on a GPU, the built-in networks do without (`methods/parts/bilinear.py`), but
    for the deformable convolutions of `isnet`, whose gradient PyTorch has in no other way.
    """
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        cudnn.deterministic, cudnn.benchmark = before
