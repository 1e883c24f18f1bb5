"""What a training looks at: images with targets to learn from, and images that it is watched on."""

from __future__ import annotations

import warnings

from istdbench.datasets.targets import require_targets
from istdbench.errors import UsageError
from istdbench.jobs.job import Job


def check_images(job: Job) -> None:
    """Refuse a training without a target, or from centres taken for masks, and say where none of it is watched.

    Raises:
        DataError: no image to train on has a target.
        UsageError: only the centres of targets are known, and the protocol learns from masks.
    """
    if job.dataset.truth == "points" and job.protocol.training.points is None:
        raise UsageError(
            f"{job.dataset.name}: only the centres of its targets are known, and protocol {job.protocol.name} learns "
            "from masks; learn from points, as by --protocol lesps or --set training.points.at=centroid"
        )
    require_targets(job.dataset, job.train_names, "train on")
    part = job.protocol.data.validate_on
    if part is not None and not job.validation_names:
        warnings.warn(
            f"{job.dataset.name}: split {job.split!r} has no part {part!r}, so that this training is not validated; "
            "its weights, those of the last epoch, are the same without",
            stacklevel=2,
        )
