"""A step that is done as one recording: on a GPU, thousands of small kernels then cost one launch.

What is recorded is what happens to tensors, by their addresses: a batch is copied into tensors that stay, and a number
that changes from step to step, such as the learning rate, has to be a tensor too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from istdbench.notices import Notices

WARM_UP = 3
"""Steps that are done as they are before one is recorded, as PyTorch advises: what is made at the first of them, such
as the optimizer's state and compiled kernels, is there then."""

Work = Callable[[Tensor, Tensor], Tensor]
"""A step, from images and masks to its losses."""


class CannotRecordError(Exception):
    """Something in the work has to be done by the host each time."""


class Recorder(Protocol):
    """Records work on tensors; `istdbench.training.cuda_graph` does so on a GPU."""

    def warm_up(self, work: Callable[[], Tensor]) -> Tensor:
        """Do the work as it is, where it will be recorded."""

    def record(self, work: Callable[[], Tensor]) -> Callable[[], Tensor]:
        """Record the work without doing it.

        Returns:
            What does it: each call changes the same tensors, and returns the same one with a new content.

        Raises:
            CannotRecordError: with the reason; nothing has changed then.
        """


class Recorded:
    """Work that is recorded once it is warm, and done as it is where it cannot be recorded."""

    def __init__(self, work: Work, recorder: Recorder, notices: Notices, name: str) -> None:
        self.work, self.recorder, self.notices, self.name = work, recorder, notices, name
        self.warm = 0
        self.batch: tuple[Tensor, Tensor] | None = None
        self.replay: Callable[[], Tensor] | None = None

    def __call__(self, images: Tensor, masks: Tensor) -> Tensor:
        """The losses of a batch, in a tensor of their own; all batches have one shape."""
        if self.warm < WARM_UP:
            self.warm += 1
            return self.recorder.warm_up(lambda: self.work(images, masks))
        if self.batch is None:
            self._record(images, masks)
        if self.replay is None or self.batch is None:
            return self.work(images, masks)
        for kept, given in zip(self.batch, (images, masks), strict=True):
            kept.copy_(given)
        return self.replay().clone()

    def _record(self, images: Tensor, masks: Tensor) -> None:
        self.batch = batch = images.clone(), masks.clone()
        try:
            self.replay = self.recorder.record(lambda: self.work(*batch))
        except CannotRecordError as error:
            self.notices.give(
                "recording",
                f"{self.name}: its steps are not recorded as one CUDA graph ({error}); they are done one kernel after "
                "the other, to the same numbers, and take longer",
            )
