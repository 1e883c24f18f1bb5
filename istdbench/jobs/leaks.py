"""Whether weights were trained on images that they are to be scored on."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from istdbench.datasets.dataset import Dataset
from istdbench.errors import AlteredDataError, DataError, UsageError, WeightsError
from istdbench.jobs.header import TrainingFacts
from istdbench.jobs.job import Job
from istdbench.jobs.weights import read_header
from istdbench.progress import Track, silent
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec

SHOWN = 5


def refuse_overlap(job: Job, path: Path, track: Track = silent) -> None:
    """Refuse weights that were trained on test images of a job.

    Images are told by their names in the data set that the weights were trained on, and by their gray levels where the
    file holds digests of its training images or, for another data set, these are here. Of imported weights nothing is
    known.

    Raises:
        WeightsError: some test images were trained on; the message counts and names them. Or it cannot be known, since
            the file names a split or part that its own data set has not got.
        DataError: a test image cannot be read.
    """
    facts = read_header(path).training
    if facts is not None and not facts.digests and facts.fingerprint == job.dataset.fingerprint:
        _check_part(job, facts, path)
    seen = [] if facts is None else _test_images_of(job, facts, track)
    if facts is not None and seen:
        more = f" and {len(seen) - SHOWN} more" if len(seen) > SHOWN else ""
        raise WeightsError(
            f"weights {path} were trained on {len(seen)} of the {len(job.test_names)} images that they are to be "
            f"scored on ({', '.join(seen[:SHOWN])}{more}): they are in part {facts.part!r} of split {facts.split!r} of "
            f"{facts.dataset}. Score them on images that they never saw, by a protocol of another split or part, or "
            "take weights that were trained without these"
        )


def _check_part(job: Job, facts: TrainingFacts, path: Path) -> None:
    try:
        job.dataset.names(facts.split, facts.part)
    except UsageError as error:
        raise WeightsError(
            f"weights {path} say that they were trained on part {facts.part!r} of split {facts.split!r} of "
            f"{facts.dataset}, which has none ({error}): whether they saw the test images cannot be known; train again"
        ) from error


def refuse_training_on_test(job: Job) -> None:
    """Refuse a protocol that trains on its own test images, before any work is done.

    Raises:
        UsageError: it does; the message counts the images. Or a part is not there.
    """
    shared = set(job.train_names) & set(job.test_names)
    if shared:
        data = job.protocol.data
        raise UsageError(
            f"protocol {job.protocol.name} trains on part {data.train!r} and scores on part {data.test!r} of split "
            f"{job.split!r} of {job.dataset.name}, which have {len(shared)} images in common; take these off one of "
            "the lists, or set data.train or data.test to another part"
        )


def _test_images_of(job: Job, facts: TrainingFacts, track: Track) -> list[str]:
    """Names of the test images that weights were trained on, as far as it can be known."""
    same = facts.fingerprint == job.dataset.fingerprint
    trained = _names(job.dataset, facts) if same else ()
    digests = frozenset(facts.digests or (() if same else _digests(facts, track)))
    if not digests:
        return [name for name in job.test_names if name in trained]
    names = track(job.test_names, f"{job.spec}: compare with its training images")
    return [name for name in names if name in trained or digests & _digests_of(job.dataset, name)]


def _names(dataset: Dataset, facts: TrainingFacts) -> Collection[str]:
    try:
        return frozenset(dataset.names(facts.split, facts.part))
    except AlteredDataError:
        raise
    except (UsageError, DataError):  # no such split any more, or not here
        return ()


def _digests(facts: TrainingFacts, track: Track) -> Collection[str]:
    """Of the training images, where they are here as they were."""
    try:
        dataset = build_dataset(parse_spec(facts.dataset))
        if dataset.fingerprint != facts.fingerprint:
            return ()
        names = track(sorted(_names(dataset, facts)), "read training images")
        return frozenset[str]().union(*(_digests_of(dataset, name) for name in names))
    except AlteredDataError:
        raise
    except (UsageError, DataError):
        return ()


def _digests_of(dataset: Dataset, name: str) -> frozenset[str]:
    """Of one image as it is seen and, by whatever range of levels, as its file holds it."""
    return frozenset(filter(None, (dataset.digest(name), dataset.file_digest(name))))
