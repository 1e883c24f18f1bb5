"""A recorder of steps for tests on a CPU, that is as literal as a CUDA graph.

It notes each operation of PyTorch with the tensors, by their memory, and the numbers that it was given, and does the
same again at each replay: what Python would have done differently at a later step is not done differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from istdbench.training.recording import CannotRecordError


def tensors(value: Any) -> Iterator[Tensor]:
    return (leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor))


class Tape(TorchDispatchMode):
    """The operations inside the block, and the content that memory from outside had before."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, tuple, dict, Any]] = []
        self.made: set[int] = set()
        self.before: dict[int, tuple[Any, Any]] = {}

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if operation is torch.ops.aten._local_scalar_dense.default:
            raise CannotRecordError("a number is read back")
        for storage in (tensor.untyped_storage() for tensor in tensors((args, kwargs))):
            if storage.data_ptr() not in self.made:
                self.before.setdefault(storage.data_ptr(), (storage, storage.clone()))
        answer = operation(*args, **kwargs)
        self.made |= {tensor.untyped_storage().data_ptr() for tensor in tensors(answer)} - self.before.keys()
        self.calls.append((operation, args, kwargs, answer))
        return answer

    def undo(self) -> None:
        for storage, content in self.before.values():
            storage.copy_(content)

    @torch.no_grad()
    def replay(self) -> None:
        for operation, args, kwargs, answer in self.calls:
            for kept, made in zip(tensors(answer), tensors(operation(*args, **kwargs)), strict=True):
                if kept.data_ptr() != made.data_ptr():
                    kept.copy_(made)


class Taped:
    """Records on a `Tape`; `recordings` of them."""

    def __init__(self) -> None:
        self.warmed, self.recordings = 0, 0

    def warm_up(self, work: Callable[[], Tensor]) -> Tensor:
        self.warmed += 1
        return work()

    def record(self, work: Callable[[], Tensor]) -> Callable[[], Tensor]:
        random, tape = torch.get_rng_state(), Tape()
        try:
            with tape:
                answer = work()
        finally:
            tape.undo()
            torch.set_rng_state(random)
        self.recordings += 1

        def replay() -> Tensor:
            tape.replay()
            return answer

        return replay
