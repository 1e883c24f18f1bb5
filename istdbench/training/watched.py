"""What a training looks at: images with targets to learn from, and images that it is watched on."""

from __future__ import annotations

import warnings

from istdbench.datasets.targets import require_targets
from istdbench.jobs.job import Job


def check_images(job: Job) -> None:
    """Refuse a training without a target, and say where none of it is watched.

    Raises:
        DataError: no image to train on has a target.
    """
    require_targets(job.dataset, job.train_names, "train on")
    part = job.protocol.data.validate_on
    if part is not None and not job.validation_names:
        warnings.warn(
            f"{job.dataset.name}: split {job.split!r} has no part {part!r}, so that this training is not validated; "
            "its weights, those of the last epoch, are the same without",
            stacklevel=2,
        )
