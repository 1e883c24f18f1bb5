"""Detection limits: how dim and how small a target of `synth` may be before a method misses it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.leaks import refuse_overlap
from istdbench.jobs.named_weights import job_with
from istdbench.jobs.weights import find_weights
from istdbench.metrics.counts import total
from istdbench.progress import Track, silent
from istdbench.results.limit_point import LimitPoint
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
        if (own := weights or _trained_here(job)) is not None:
            refuse_overlap(job, own, track)
        predict = job_predictor(job, weights, device)
        title = f"{method}, scr {scr:g}, sigma {sigma:g}"
        threshold = choose_threshold(predict, job.dataset, fa, split=job.split, track=track)
        names = track(job.test_names, title)
        counts = total(count_images(predict, job.dataset, names, threshold).values())
        reached = counts.false_pixels / counts.pixels
        yield LimitPoint(str(method), scr, sigma, threshold, counts.targets, counts.detected, reached)


def _job(method: Spec, dataset: Spec, protocol: str | None, seed: int, weights: Path | None) -> Job:
    if weights is None:
        return make_job(method, dataset, protocol, seed)
    return job_with(weights, method, dataset, protocol, seed, of_another_protocol=True)


def _trained_here(job: Job) -> Path | None:
    """The weights that a job finds, but for those of the package: these saw targets of another contrast or size."""
    found = find_weights(job) if job.method.has_weights else None
    return found.path if found is not None and found.origin == "trained" else None
