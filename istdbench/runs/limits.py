"""Detection limits: how dim and how small a target of `synth` may be before a method misses it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.files import sha256_file
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.leaks import refuse_overlap
from istdbench.jobs.named_weights import job_with
from istdbench.jobs.weights import find_weights
from istdbench.metrics.counts import total
from istdbench.progress import Track, silent
from istdbench.results.limit_point import LimitPoint
from istdbench.results.limit_record import LimitRecord
from istdbench.runs.to_record import protocol_info, provenance
from istdbench.scoring.image_counts import count_images
from istdbench.scoring.predictors import job_predictor
from istdbench.scoring.threshold import choose_threshold
from istdbench.spec import Spec

FA = 1e-5
"""Default false-alarm rate: 10 false pixels in a million."""


def detection_limits(
    method: Spec,
    dataset: Spec,
    scrs: Sequence[float],
    sigmas: Sequence[float],
    *,
    fa: float = FA,
    protocol: str | None = None,
    weights: Path | None = None,
    seed: int = 0,
    device: str = "cpu",
    track: Track = silent,
) -> Iterator[LimitPoint]:
    """Measure contrast after contrast, size after size, each point as soon as it is there.

    The false-alarm rate is fixed at each point: the threshold is that of the largest Pd with at most `fa` on the
    validation images of that contrast and size; Pd is measured on its test images.

    Args:
        dataset: `synth`, with options other than scr and sigma.
        scrs, sigmas: every pair of them is a point.
        fa: a fraction of 1.
        weights: the file of a learned method's, by whatever protocol they were trained; None looks for them.

    Raises:
        UsageError: a data set other than `synth`, a name or option that does not exist, a value out of range.
        WeightsError: no weights for a learned method, or they were trained on images that they are to be scored on.
    """
    if dataset.name != "synth" or {"scr", "sigma"} & dataset.options.keys():
        raise UsageError(f"{dataset}: detection limits are measured on synth, which gets its scr and sigma here")
    for sigma, scr in itertools.product(sigmas, scrs):
        made = replace(dataset, options={**dataset.options, "scr": scr, "sigma": sigma})
        job = _job(method, made, protocol, seed, weights)
        found = find_weights(job) if weights is None and job.method.has_weights else None
        seen = weights if found is None else found.path
        if seen is not None and (found is None or found.origin == "trained"):
            refuse_overlap(job, seen, track)  # those of the package saw targets of another contrast or size
        predict = job_predictor(job, weights, device)
        title = f"{method}, scr {scr:g}, sigma {sigma:g}"
        threshold = choose_threshold(predict, job.dataset, fa, split=job.split, track=track)
        names = track(job.test_names, title)
        counts = total(count_images(predict, job.dataset, names, threshold).values())
        reached = counts.false_pixels / counts.pixels
        sha256 = None if seen is None else sha256_file(seen)
        yield LimitPoint(str(method), scr, sigma, threshold, counts.targets, counts.detected, reached, sha256)


def limit_record(
    points: Sequence[LimitPoint],
    method: Spec,
    dataset: Spec,
    *,
    fa: float = FA,
    protocol: str | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> LimitRecord:
    """What `detection_limits` gave, with all that it depends on; the other arguments as there.

    Raises:
        UsageError: as there.
    """
    job = make_job(method, dataset, protocol, seed)
    return LimitRecord(
        method=str(job.method.shortest(method)),
        options=job.options,
        dataset=str(dataset),
        protocol=protocol_info(job),
        fa=fa,
        seed=seed,
        points=tuple(points),
        provenance=provenance(device),
    )


def _job(method: Spec, dataset: Spec, protocol: str | None, seed: int, weights: Path | None) -> Job:
    if weights is None:
        return make_job(method, dataset, protocol, seed)
    return job_with(weights, method, dataset, protocol, seed, of_another_protocol=True)
