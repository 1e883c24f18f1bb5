"""Whether there is anything to find, and whether it is known how far it extends."""

from __future__ import annotations

from collections.abc import Iterable

from istdbench.datasets.dataset import Dataset, Sample
from istdbench.errors import DataError


def require_targets(dataset: Dataset, names: Iterable[str], what_for: str) -> None:
    """Refuse images without a single target. Images are read until one has a target, which mostly is the first.

    Args:
        what_for: what the images were to be used for, as the end of a sentence, such as "train on".

    Raises:
        DataError: there are none, none has a target, or as `Dataset.load`.
    """
    listed = tuple(names)
    if not listed:
        raise DataError(f"{dataset.name}: there is no image to {what_for}; the list of this part is empty")
    if not any(dataset.load(name).mask.any() for name in listed):
        raise DataError(
            f"{dataset.name}: none of the {len(listed)} images to {what_for} has a target; "
            f"look at the masks, `istdbench data check {dataset.name}` says how they are read"
        )


def require_extents(sample: Sample, what_for: str) -> None:
    """Refuse an image of which only the centres of targets are known.

    Args:
        what_for: what needs more, as the begin of a sentence, such as "an audit".

    Raises:
        DataError: it is one.
    """
    if sample.points:
        raise DataError(
            f"only the centres of its targets are known, and {what_for} needs masks: Pd, Fa and false regions can be "
            "told of it, by run and score; take another data set for the rest"
        )
