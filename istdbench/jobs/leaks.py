"""Whether weights were trained on images that they are to be scored on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from istdbench.datasets.dataset import Dataset
from istdbench.errors import AlteredDataError, DataError, UsageError, WeightsError
from istdbench.jobs.header import WeightsHeader
from istdbench.jobs.job import Job
from istdbench.jobs.weights import read_header
from istdbench.progress import Track, silent
from istdbench.registry import DATASETS, build_dataset
from istdbench.spec import parse_spec

SHOWN = 5


def refuse_overlap(job: Job, path: Path, track: Track = silent) -> None:
    """Refuse weights that were trained on test images of a job.

    Images are told by their names in the data set that the weights were trained on, and by their gray levels where the
    file holds digests of its training images or, for another data set, these are here. Of a release it is known what
    its declaration says; of other imported weights nothing.

    Raises:
        WeightsError: some test images were trained on; the message counts and names them. Or it cannot be known, since
            the file names a split or part that its own data set has not got.
        DataError: a test image cannot be read.
    """
    for facts in _trained_on(read_header(path)):
        if not facts.digests and facts.fingerprint == job.dataset.fingerprint:
            _check_part(job, facts, path)
        if seen := _test_images_of(job, facts, track):
            more = f" and {len(seen) - SHOWN} more" if len(seen) > SHOWN else ""
            raise WeightsError(
                f"weights {path} were trained on {len(seen)} of the {len(job.test_names)} images that they are to be "
                f"scored on ({', '.join(seen[:SHOWN])}{more}): they are in part {facts.part!r} of split "
                f"{facts.split!r} of {facts.dataset}. Score them on images that they never saw, by a protocol of "
                "another split or part, or take weights that were trained without these"
            )


def test_images_trained_on(job: Job, path: Path, track: Track = silent) -> set[str]:
    """The test images of a job that weights were trained on, as far as `refuse_overlap` knows it.

    Raises:
        DataError: a test image cannot be read.
    """
    return {name for facts in _trained_on(read_header(path)) for name in _test_images_of(job, facts, track)}


@dataclass(frozen=True)
class _TrainedOn:
    """The images of a training, or some of them; fields as of `istdbench.jobs.header.TrainingFacts`."""

    dataset: str
    fingerprint: str
    split: str
    part: str
    digests: tuple[str, ...] = ()


def _trained_on(header: WeightsHeader) -> list[_TrainedOn]:
    """All that weights say of the images that they were trained on."""
    if (facts := header.training) is not None:
        return [_TrainedOn(facts.dataset, facts.fingerprint, facts.split, facts.part, facts.digests)]
    if header.imported is None or header.imported.released is None:
        return []
    declared = header.imported.released.trained_on  # of data sets as they are here
    return [
        _TrainedOn(each.dataset, build_dataset(parse_spec(each.dataset)).fingerprint, each.split, each.part)
        for each in declared
        if parse_spec(each.dataset).name in DATASETS.names()
    ]


def _check_part(job: Job, facts: _TrainedOn, path: Path) -> None:
    try:
        job.dataset.names(facts.split, facts.part)
    except UsageError as error:
        raise WeightsError(
            f"weights {path} say that they were trained on part {facts.part!r} of split {facts.split!r} of "
            f"{facts.dataset}, which has none ({error}): whether they saw the test images cannot be known; take "
            "other weights"
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


def _test_images_of(job: Job, facts: _TrainedOn, track: Track) -> list[str]:
    """Names of the test images that weights were trained on, as far as it can be known."""
    same = facts.fingerprint == job.dataset.fingerprint
    trained = _names(job.dataset, facts) if same else ()
    digests = frozenset(facts.digests or (() if same else _digests(facts, track)))
    if not digests:
        return [name for name in job.test_names if name in trained]
    names = track(job.test_names, f"{job.spec}: compare with its training images")
    return [name for name in names if name in trained or digests & _digests_of(job.dataset, name)]


def _names(dataset: Dataset, facts: _TrainedOn) -> Collection[str]:
    try:
        return frozenset(dataset.names(facts.split, facts.part))
    except AlteredDataError:
        raise
    except (UsageError, DataError):  # no such split any more, or not here
        return ()


def _digests(facts: _TrainedOn, track: Track) -> Collection[str]:
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
