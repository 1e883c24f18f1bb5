"""A campaign on a Ray cluster, which places the runs and starts them again where a node is lost.

Ray knows nothing of records. What is done, and that nothing is done twice, is settled by `istdbench.campaigns.queue` in
the folders that all nodes share, so that a task that Ray starts again finds what the lost one left, and so that Ray and
plain processes can work on one campaign. Every node has the same istdbench and plugins installed.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from istdbench.campaigns.queue import PAUSE, Worker
from istdbench.errors import IstdbenchError, UsageError
from istdbench.jobs.job import Job
from istdbench.plugins.guard import told
from istdbench.progress import silent
from istdbench.runs.run import Outcome, Settings
from istdbench.settings import home
from istdbench.threads import unchoose_threads

RETRIES = 3
"""How often a run is started again after its node or worker was lost, in one call of the sweep."""


def ray_sweep(jobs: Iterable[Job], settings: Settings, address: str) -> Iterator[Outcome]:
    """Run a campaign as one Ray task a run, until every run is recorded or has failed, or the settings say stop.

    Args:
        settings: with device "cuda", each task has a GPU of its own.
        address: as of `ray.init`: "auto" for the cluster that this machine is in, "local" for this machine alone,
            "HOST:PORT" for the head of another.

    Raises:
        UsageError: Ray is not installed.
        IstdbenchError: there is no cluster at that address.
    """
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise UsageError("Ray is not installed here; pip install 'istdbench[ray]', or leave out --ray") from error
    task = ray.remote(_work).options(max_retries=RETRIES, num_cpus=1, num_gpus=int(settings.device == "cuda"))
    unchoose_threads()  # Ray gives each worker as many threads as its task has cores, unless it inherits a number
    environment = {name: value for name, value in os.environ.items() if name.startswith("ISTDBENCH_")}
    environment["ISTDBENCH_HOME"] = str(home().absolute())
    shared = replace(settings, out=settings.out.absolute(), track=silent), Path.cwd(), environment
    try:
        ray.init(address=address, include_dashboard=False, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise IstdbenchError(f"no Ray cluster at {address!r} ({error}); start one with `ray start --head`") from error
    try:
        waiting = {task.remote(job, *shared): job for job in jobs}
        while waiting:
            [finished], _ = ray.wait(list(waiting), num_returns=1)
            job = waiting.pop(finished)
            try:
                outcome = ray.get(finished)
            except ray.exceptions.RayError as error:
                outcome = Outcome(job, "failed", error=told(error))
            if outcome is not None:
                yield outcome
            else:  # a process outside of this call holds it, or one on a lost node that is not yet gone
                time.sleep(PAUSE)
                waiting[task.remote(job, *shared)] = job
    finally:
        ray.shutdown()


def _work(job: Job, settings: Settings, folder: Path, environment: dict[str, str]) -> Outcome | None:
    """One task, on whatever node: the driver's working folder and settings, so that names and paths mean the same."""
    os.chdir(folder)
    os.environ.update(environment)
    return Worker(settings).work(job)
