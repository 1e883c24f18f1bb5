"""A job in a process of its own, so that a method that ends its process, hangs or takes all memory harms no other job.

What trains and predicts is there; the record is made here, from the counts, so that it is the one of a run without.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from istdbench import errors
from istdbench.errors import IstdbenchError
from istdbench.jobs.job import Job
from istdbench.metrics import ImageCounts
from istdbench.progress import Counted, Deadline, Stop, Stopped, Track, never, silent
from istdbench.registry import BUILT_IN, METHODS
from istdbench.results.limit_point import LimitPoint
from istdbench.runs.job_counts import JobCounts
from istdbench.runs.supervised import Limits, Message, messages
from istdbench.scoring.image_counts import Counts
from istdbench.scoring.kept_maps import KeptMaps

MODULE = "istdbench.runs.isolated_job"


class JobError(IstdbenchError):
    """What a method raised in the process of its job.

    Attributes:
        told: the exception as one line.
        traceback: its traceback there.
    """

    def __init__(self, told: str, traceback: str) -> None:
        super().__init__(told)
        self.told, self.traceback = told, traceback


def is_apart(job: Job, isolate: bool | None) -> bool:
    """Whether a job has a process of its own: as it was asked for, else where its method is not built in.

    The processes that `accelerate launch` starts are of their own already, and know each other.
    """
    if isolate is not None:
        return isolate
    name = job.method.name
    return name in METHODS.names() and METHODS.origin(name) != BUILT_IN and "WORLD_SIZE" not in os.environ


def count_apart(
    job: Job,
    weights: Path | None,
    limits: Limits,
    *,
    device: str = "cpu",
    maps: KeptMaps | None = None,
    best_on_test: bool = False,
    track: Track = silent,
) -> JobCounts:
    """As `count_job`, in a process of its own.

    Raises:
        IstdbenchError: as `count_job`, or the process ended before it was done; says how.
        JobError: what the method raised.
    """
    kept = None if maps is None else {"folder": str(maps.folder), "about": maps.about.model_dump()}
    asked = {
        "weights": None if weights is None else str(weights),
        "device": device,
        "maps": kept,
        "best_on_test": best_on_test,
    }
    answer = _asked("count", job, asked, limits, track)
    grids = []
    for told in answer["grids"]:
        grid = Counts(told["threshold"], told["side"])
        grid.by_name = {name: ImageCounts(*numbers) for name, numbers in told["by_name"].items()}
        grids.append(grid)
    return JobCounts(grids, tuple(answer["best"]) if answer["best"] else None)


def limits_apart(
    job: Job,
    scrs: Sequence[float],
    sigmas: Sequence[float],
    limits: Limits,
    *,
    fa: float,
    weights: Path | None = None,
    device: str = "cpu",
    track: Track = silent,
) -> list[LimitPoint]:
    """As `detection_limits` of a job's method, data set and protocol, in a process of its own.

    Raises:
        IstdbenchError: as there, or the process ended before it was done; says how.
        JobError: what the method raised.
    """
    asked = {
        "scrs": list(scrs),
        "sigmas": list(sigmas),
        "fa": fa,
        "weights": None if weights is None else str(weights),
        "device": device,
    }
    answer = _asked("limits", job, asked, limits, track)
    return [LimitPoint(**point) for point in answer["points"]]


def train_apart(
    job: Job,
    limits: Limits,
    *,
    device: str = "cpu",
    restart: bool = False,
    logs: Sequence[str] = (),
    track: Track = silent,
    stop: Stop = never,
) -> Path:
    """As `istdbench.training.train.train`, in a process of its own; of `stop` only a deadline reaches it.

    Raises:
        IstdbenchError: as there, or the process ended before it was done; says how.
        Stopped: the deadline is past.
        JobError: what the method raised.
    """
    deadline = stop.at if isinstance(stop, Deadline) else None
    asked = {"device": device, "restart": restart, "logs": list(logs), "deadline": deadline}
    return Path(_asked("train", job, asked, limits, track)["weights"])


def trainer(job: Job, isolate: bool | None, limits: Limits) -> Callable[..., Path]:
    """What trains a job: `train`, or `train_apart` where it has a process of its own."""
    if is_apart(job, isolate):
        return partial(train_apart, limits=limits)
    from istdbench.training.train import train  # which takes long to import

    return train


def _asked(task: str, job: Job, arguments: dict[str, Any], limits: Limits, track: Track) -> Message:
    """What the process of a job answers."""
    request = {
        "task": task,
        "method": str(job.spec),
        "dataset": job.dataset.name,
        "protocol": job.protocol.typed,
        "seed": job.seed,
        "key": job.training_key,
        "argv": sys.argv,
        "arguments": arguments,
    }
    with closing(messages(MODULE, request, limits)) as told:
        for message in told:
            if "answer" in message:
                return message["answer"]
            _take(message, told, track)
    raise AssertionError("a process that ends without an answer is an error")


def _take(message: Message, told: Iterator[Message], track: Track) -> None:
    """Pass on what is said on the way to the answer."""
    if "warning" in message:
        warnings.warn(message["warning"], stacklevel=4)
    elif "error" in message:
        raise _raised(message)
    elif "begin" in message:
        _show(message, told, track)


def _show(begun: Message, told: Iterator[Message], track: Track) -> None:
    """Show the progress of one piece of work, until it ends."""
    state = [""]

    def steps() -> Iterator[None]:
        for message in told:
            if "end" in message:
                return
            if "step" in message:
                state[0] = message["step"]
                yield
            else:
                _take(message, told, track)

    items = steps() if begun["total"] is None else Counted(steps(), begun["total"])
    for _ in track(items, begun["begin"], (lambda: state[0]) if begun["has_state"] else None):
        pass


def _raised(message: Message) -> Exception:
    """The error that a message tells of: one of ours, or one of the method's."""
    kind, text = message["error"], message["text"]
    if kind == Stopped.__name__:
        return Stopped(text)
    ours = getattr(errors, kind, None)
    return JobError(f"{kind}: {text}", message["traceback"]) if ours is None else ours(text)
