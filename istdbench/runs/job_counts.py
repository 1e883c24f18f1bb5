"""What a job's score maps come to: the counts of each image, and where it is asked for the threshold best on test."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from istdbench.jobs.job import Job
from istdbench.progress import Track, silent
from istdbench.scoring.best_threshold import BestThreshold
from istdbench.scoring.image_counts import Counts, score_job
from istdbench.scoring.kept_maps import KeptMaps, writing
from istdbench.scoring.predictors import job_predictor


class JobCounts(NamedTuple):
    """What was counted.

    Attributes:
        grids: the counts on the native grid, and on the second one where there is one; see `score_job`.
        best: threshold and IoU, see `BestThreshold.found`; None where it was not asked for.
    """

    grids: list[Counts]
    best: tuple[float, float] | None


def count_job(
    job: Job,
    weights: Path | None,
    *,
    device: str = "cpu",
    maps: KeptMaps | None = None,
    best_on_test: bool = False,
    track: Track = silent,
) -> JobCounts:
    """Predict a job's test images and count.

    Args:
        weights: of a learned method.
        maps: where to keep the score maps; None keeps none.

    Raises:
        WeightsError: as `job_predictor`.
        DataError: as `score_job`.
    """
    best = [BestThreshold()] if best_on_test else []
    predict = job_predictor(job, weights, device, track)
    with writing(maps) as writers:
        grids = score_job(job, predict, *writers, *best, track=track)
    return JobCounts(grids, best[0].found() if best else None)
