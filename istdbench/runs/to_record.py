"""What a record says of a job: its images, its protocol, its values with their intervals, and this machine."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from istdbench import results
from istdbench.files import sha256_file
from istdbench.jobs.header import WeightsHeader
from istdbench.jobs.job import Job
from istdbench.jobs.preprocessing import input_by, preprocessing
from istdbench.jobs.weights import WeightsFile, read_header
from istdbench.metrics import METRIC_VERSION, ImageCounts
from istdbench.metrics.by_sequence import Kind, by_sequence, owners
from istdbench.metrics.counts import to_table
from istdbench.metrics.metric import Metric, defined_on
from istdbench.ops.choice import choose
from istdbench.registry import METRICS
from istdbench.results.record_parts import ProbeValue
from istdbench.runs.job_counts import JobCounts
from istdbench.scoring.image_counts import Counts, compute_metrics
from istdbench.statistics import intervals


def job_key(job: Job, weights: results.WeightsInfo | None) -> str:
    """The key of a job's record with these weights."""
    return results.record_key(
        method=job.spec,
        options=job.options,
        weights_sha256=weights.sha256 if weights else None,
        network_input=weights.input if weights else None,
        dataset=dataset_info(job),
        protocol_hash=job.protocol.hash,
        metric_version=METRIC_VERSION,
        seed=job.seed,
    )


def record_of(
    job: Job,
    weights: results.WeightsInfo | None,
    counted: JobCounts,
    probes: dict[str, dict[str, ProbeValue]],
    device: str,
) -> results.Record:
    """The record of what was counted here and now."""
    return results.Record(
        method=method_info(job),
        weights=weights,
        dataset=dataset_info(job),
        protocol=protocol_info(job),
        metrics=metrics_info(counted.grids, job.dataset, counted.best),
        seed=job.seed,
        probes=probes,
        provenance=provenance(device),
    )


def method_info(job: Job) -> results.MethodInfo:
    """The method as typed, with every option."""
    method = job.method
    return results.MethodInfo(name=str(job.spec), kind=method.kind, options=dict(job.options), paper=method.paper)


def dataset_info(job: Job) -> results.DatasetInfo:
    """The images that make the job's number."""
    own = owners(job.dataset, job.test_names)
    return results.DatasetInfo(
        name=job.dataset.name,
        split=job.split,
        split_hash=job.split_hash,
        part=job.protocol.data.test,
        fingerprint=job.dataset.fingerprint,
        images=len(job.test_names),
        sequences=len(set(own)) if own else None,
        truth=job.dataset.truth,
    )


def protocol_info(job: Job) -> results.ProtocolInfo:
    """The protocol with every field."""
    protocol = job.protocol
    return results.ProtocolInfo(name=protocol.name, hash=protocol.hash, config=protocol.model_dump(mode="json"))


def weights_info(weights: WeightsFile, job: Job) -> results.WeightsInfo:
    """The file of a learned method's weights, by its hash, where they come from, and what their network sees.

    Raises:
        UsageError: the method is classical.
        WeightsError: the file is absent, or no weights file of ours, or does not say what its network sees.
    """
    header = read_header(weights.path)
    return results.WeightsInfo(
        sha256=sha256_file(weights.path),
        source=weights.origin,
        training=header.for_record(),
        input=header.input or _other_input(header, weights.path, job),
        file=str(weights.path) if weights.origin == "file" else None,
    )


def _other_input(header: WeightsHeader, path: Path, job: Job) -> results.NetworkInput | None:
    """What a network whose header does not say it sees, where that is not what the job's protocol would give it."""
    assert header.training is not None, "a header without an input has a training"
    seen, _ = preprocessing(header, path, job.protocol)
    return None if seen == input_by(job.protocol, header.training, job.learned("it has no weights")) else seen


def metrics_info(grids: Sequence[Counts], kind: Kind, best: tuple[float, float] | None = None) -> results.MetricsInfo:
    """Every registered metric with its interval, from the counts of each image.

    Args:
        grids: the counts on the native grid, and on the second one where there is one; see `counts_of`.
        kind: the data set.
        best: the threshold that is best on test and its IoU, where that was asked for.
    """
    native, *second = grids
    return results.MetricsInfo(
        version=METRIC_VERSION,
        **values_of(native.by_name, METRICS.all(), kind),
        by_sequence=by_sequence(native.by_name, to_table(native.by_name.values())) if kind.sequences else None,
        best_on_test=results.BestOnTest(threshold=best[0], iou=best[1]) if best else None,
        second_grid=_on_second_grid(second[0], kind) if second else None,
    )


def _on_second_grid(counts: Counts, kind: Kind) -> results.GridInfo:
    """Without optional metrics, see `Metric`."""
    assert counts.side is not None, "a second grid has a side"
    entries = [entry for entry in METRICS.all() if not entry.optional]
    return results.GridInfo(side=counts.side, **values_of(counts.by_name, entries, kind))


def values_of(counts: Mapping[str, ImageCounts], entries: Sequence[Metric], kind: Kind) -> dict[str, Any]:
    """The fields `values`, `intervals` and `failed` of a grid's metrics.

    Args:
        kind: the data set, or what a record says of it.
    """
    values, failed = compute_metrics(counts, entries, kind.truth)
    found = [entry for entry in defined_on(kind.truth, entries) if entry.name in values]
    ends = intervals(to_table(counts.values()), found, owners(kind, counts))
    return {"values": values, "intervals": {name: ends.get(name) for name in values}, "failed": failed}


def count_rows(counts: Counts) -> list[dict[str, int | str]]:
    """One row an image, as the table beside a record has them: its name and its counts."""
    return [{"name": name, **asdict(image)} for name, image in counts.by_name.items()]


def provenance(device: str) -> results.Provenance:
    """This process on this machine, now."""
    scan = choose(torch.empty(1, device=device), states=1).name
    return results.collect(shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]), device, scan)
