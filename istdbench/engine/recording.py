"""What a record says of a job: its images, its protocol, its values with their intervals, and this machine."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import torch

from istdbench.engine.evaluate import metric_values
from istdbench.engine.job import Job
from istdbench.metrics import METRIC_VERSION, ImageCounts
from istdbench.metrics.counts import to_table
from istdbench.ops.backends import choose
from istdbench.registry import METRICS
from istdbench.results import (
    BestOnTest,
    DatasetInfo,
    GridInfo,
    MethodInfo,
    MetricsInfo,
    ProtocolInfo,
    Provenance,
    collect,
    record_key,
)
from istdbench.statistics import intervals


def job_key(job: Job, weights_sha256: str | None) -> str:
    """The key of a job's record with these weights."""
    return record_key(
        method=str(job.spec),
        options=job.options,
        weights_sha256=weights_sha256,
        dataset=dataset_info(job),
        protocol_hash=job.protocol.hash,
        metric_version=METRIC_VERSION,
        seed=job.seed,
    )


def method_info(job: Job) -> MethodInfo:
    """The method as typed, with every option."""
    return MethodInfo(name=str(job.spec), kind=job.method.kind, options=dict(job.options), paper=job.method.paper)


def dataset_info(job: Job) -> DatasetInfo:
    """The images that make the job's number."""
    return DatasetInfo(
        name=job.dataset.name,
        split=job.split,
        split_hash=job.split_hash,
        part=job.protocol.data.test,
        fingerprint=job.dataset.fingerprint,
        images=len(job.test_names),
    )


def protocol_info(job: Job) -> ProtocolInfo:
    """The protocol with every field."""
    return ProtocolInfo(name=job.protocol.name, hash=job.protocol.hash, config=job.protocol.model_dump(mode="json"))


def metrics_info(
    counts: Mapping[str, ImageCounts], best_on_test: BestOnTest | None = None, second_grid: GridInfo | None = None
) -> MetricsInfo:
    """Every registered metric and its interval, from the counts of each image."""
    return MetricsInfo(
        version=METRIC_VERSION,
        values=dict(metric_values(counts)),
        intervals=intervals(to_table(counts.values()), METRICS.all()),
        best_on_test=best_on_test,
        second_grid=second_grid,
    )


def provenance(device: str) -> Provenance:
    """This process on this machine, now."""
    scan = choose(torch.empty(1, device=device), states=1).name
    return collect(shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]), device, scan)
