"""`python -m istdbench.runs.isolated_job`: does what `istdbench.runs.isolation` asks for, and says how it goes.

What a plugin prints goes to standard error, also from C. Where the process that asked is gone, this one ends.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, astuple
from pathlib import Path
from threading import Thread
from typing import Any, TextIO

from istdbench.errors import IstdbenchError, UsageError
from istdbench.jobs.job import Job, make_job
from istdbench.plugins.guard import calling, text_of
from istdbench.progress import Deadline, Item, State, length, never
from istdbench.runs.job_counts import count_job
from istdbench.runs.limits import detection_limits
from istdbench.scoring.kept_maps import KeptMaps, MapsAbout
from istdbench.settings import home
from istdbench.spec import parse_spec

Say = Callable[..., None]


def main() -> None:
    """Do one task; whatever it raises is said."""
    asked, answer = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def say(**message: Any) -> None:
        answer.write(json.dumps(message) + "\n")
        answer.flush()

    request = json.loads(asked.readline())
    Thread(target=end_with, args=(asked,), daemon=True).start()
    sys.argv[:] = request["argv"]
    with suppress(UsageError):  # no home folder is known, which is told where one is needed
        os.environ["ISTDBENCH_HOME"] = str(home().absolute())  # wherever a plugin goes
    warnings.showwarning = lambda message, *where, **more: say(warning=str(message))
    try:
        with calling(f"method {request['method']}"):
            say(answer=TASKS[request["task"]](_job(request), request["arguments"], say))
    except Exception as error:  # a stranger's code may raise anything
        say(error=_ours(error), text=text_of(error), traceback=traceback.format_exc())


def _job(request: dict[str, Any]) -> Job:
    """The job that is asked for.

    Raises:
        IstdbenchError: it is another one here, as where a plugin registers something else each time.
    """
    job = make_job(parse_spec(request["method"]), parse_spec(request["dataset"]), request["protocol"], request["seed"])
    if job.training_key != request["key"]:
        raise IstdbenchError("the job is another one in a process of its own; --no-isolate runs it without")
    return job


def _count(job: Job, asked: dict[str, Any], say: Say) -> dict[str, Any]:
    maps = asked["maps"]
    found = count_job(
        job,
        None if asked["weights"] is None else Path(asked["weights"]),
        device=asked["device"],
        maps=None if maps is None else KeptMaps(Path(maps["folder"]), MapsAbout.model_validate(maps["about"])),
        best_on_test=asked["best_on_test"],
        track=_track(say),
    )
    grids = [
        {
            "threshold": grid.threshold,
            "side": grid.side,
            "by_name": {name: astuple(counts) for name, counts in grid.by_name.items()},
        }
        for grid in found.grids
    ]
    return {"grids": grids, "best": found.best}


def _train(job: Job, asked: dict[str, Any], say: Say) -> dict[str, Any]:
    stop = never if asked["deadline"] is None else Deadline(asked["deadline"])
    from istdbench.training.train import train  # which takes long to import

    path = train(
        job, device=asked["device"], restart=asked["restart"], logs=asked["logs"], track=_track(say), stop=stop
    )
    return {"weights": str(path)}


def _limits(job: Job, asked: dict[str, Any], say: Say) -> dict[str, Any]:
    points = detection_limits(
        job.spec,
        job.dataset.spec,
        asked["scrs"],
        asked["sigmas"],
        fa=asked["fa"],
        protocol=job.protocol.typed,
        weights=None if asked["weights"] is None else Path(asked["weights"]),
        seed=job.seed,
        device=asked["device"],
        track=_track(say),
    )
    return {"points": [asdict(point) for point in points]}


TASKS = {"count": _count, "train": _train, "limits": _limits}


def _track(say: Say) -> Any:
    """A track that says how far the work is; see `istdbench.progress.Track`."""

    def track(items: Iterable[Item], title: str, state: State | None = None) -> Iterator[Item]:
        say(begin=title, total=length(items), has_state=state is not None)
        try:
            for item in items:
                yield item
                say(step="" if state is None else state())
        finally:
            say(end=title)

    return track


def _ours(error: Exception) -> str:
    """The name of the error of ours that it is, else of its own kind."""
    kinds = type(error).__mro__
    return next((kind.__name__ for kind in kinds if kind.__module__ == "istdbench.errors"), kinds[0].__name__)


def end_with(asked: TextIO) -> None:
    """Wait for the end of who asked, and end at once."""
    asked.read()
    os._exit(1)


if __name__ == "__main__":
    main()
