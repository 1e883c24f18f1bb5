"""A step as one CUDA graph, see `istdbench.training.recording`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from istdbench.training.recording import CannotRecordError


class CudaGraphs:
    """Records on a stream of its own.

    Random numbers go on in a replay as they would without: a graph reads seed and offset of the device's generator
    when it is replayed, and moves the offset on.
    """

    def __init__(self) -> None:
        self.stream = torch.cuda.Stream()

    def warm_up(self, work: Callable[[], Tensor]) -> Tensor:
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            answer = work()
        torch.cuda.current_stream().wait_stream(self.stream)
        return answer

    def record(self, work: Callable[[], Tensor]) -> Callable[[], Tensor]:
        graph = torch.cuda.CUDAGraph()
        generator = torch.cuda.default_generators[torch.cuda.current_device()]
        state = generator.clone_state()
        try:
            # Threads that load images may allocate pinned memory meanwhile, which "global" would forbid them.
            with torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"):
                answer = work()
        except RuntimeError as error:
            generator.graphsafe_set_state(state)  # the one in use believes for ever that it is being captured
            cause = error.__context__ or error
            raise CannotRecordError(str(cause).partition("\n")[0]) from error

        def replay() -> Tensor:
            graph.replay()
            return answer

        return replay
