"""Detection limits: how dim and how small a target of `synth` may be before a method misses it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from istdbench.engine.evaluate import ScoreOf, count_images
from istdbench.engine.job import Job, make_job
from istdbench.engine.predict import classical_predictor, trained_predictor
from istdbench.engine.progress import Track, silent
from istdbench.engine.threshold import choose_threshold, largest_pd
from istdbench.engine.weights import find_weights
from istdbench.errors import UsageError
from istdbench.metrics.counts import total
from istdbench.spec import Spec

FA = 1e-5
"""Default false-alarm rate: 10 false pixels in a million."""


@dataclass(frozen=True)
class LimitPoint:
    """One method on targets of one contrast and one size.

    Attributes:
        method: as typed.
        scr, sigma: of `synth`: peak over local standard deviation, and the spot's standard deviation in pixels.
        threshold: chosen on the validation images of the same contrast and size.
        targets, detected: of the test images (number).
        fa: reached on the test images; about the one asked for.
    """

    method: str
    scr: float
    sigma: float
    threshold: float
    targets: int
    detected: int
    fa: float

    @property
    def pd(self) -> float:
        """Detected over targets; NaN without targets."""
        return self.detected / self.targets if self.targets else math.nan


def detection_limits(
    method: Spec,
    dataset: Spec,
    scrs: Sequence[float],
    sigmas: Sequence[float],
    *,
    fa: float = FA,
    protocol: str | None = None,
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

    Raises:
        UsageError: a data set other than `synth`, a name or option that does not exist, a value out of range.
        WeightsError: no weights for a learned method.
    """
    if dataset.name != "synth" or {"scr", "sigma"} & dataset.options.keys():
        raise UsageError(f"{dataset}: detection limits are measured on synth, which gets its scr and sigma here")
    for sigma, scr in itertools.product(sigmas, scrs):
        made = replace(dataset, options={**dataset.options, "scr": scr, "sigma": sigma})
        job = make_job(method, made, protocol, seed)
        score_of = _predictor(job, device)
        title = f"{method}, scr {scr:g}, sigma {sigma:g}"
        chosen = choose_threshold(score_of, job.dataset, largest_pd(fa), split=job.split, track=track)
        names = track(job.test_names, title)
        counts = total(count_images(score_of, job.dataset, names, chosen.threshold).values())
        yield LimitPoint(
            str(method),
            scr,
            sigma,
            chosen.threshold,
            counts.targets,
            counts.detected,
            counts.false_pixels / counts.pixels,
        )


def _predictor(job: Job, device: str) -> ScoreOf:
    return trained_predictor(job, find_weights(job)[0], device)[0] if job.method.build else classical_predictor(job)
