"""From a record back to what it was made with: its job, and its predictor."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import nn

from istdbench.errors import DataError, IstdbenchError, UsageError, WeightsError
from istdbench.files import sha256_file
from istdbench.importing.released_weights import meant_weights, released_weights
from istdbench.jobs import zoo_files
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job
from istdbench.jobs.leaks import refuse_overlap
from istdbench.jobs.preprocessing import input_by
from istdbench.jobs.weights import filled_network, kept_weights, trained_path, zoo_path
from istdbench.methods.predicted import Predicted
from istdbench.protocols.protocol import Protocol
from istdbench.registry import METHODS, build_dataset
from istdbench.released.release import Release
from istdbench.released.releases import WORD, is_meant, release_of
from istdbench.results import Record, WeightsInfo
from istdbench.runs.to_record import dataset_info
from istdbench.scoring.inputs import InputTransform
from istdbench.scoring.loop import Predictor
from istdbench.scoring.maps import find_maps, hash_of_maps, stored_maps
from istdbench.scoring.predictors import job_network_predictor, job_predictor, transform_of
from istdbench.scoring.reading import Reading
from istdbench.spec import parse_spec


def recorded_job(record: Record) -> Job:
    """The job of a record, by the protocol as it was then.

    Raises:
        UsageError: its method or data set is not there.
        DataError: the data set is not here, or has other files or splits now.
        IstdbenchError: the protocol's fields or the method's options mean something else now.
    """
    spec, about = record.method.spec, record.method
    is_registered = about.kind != "predictions"
    method = METHODS.get(spec.name) if is_registered else Predicted(name=spec.name, summary="", paper=about.paper)
    dataset = build_dataset(record.dataset.spec)
    try:
        protocol = Protocol.model_validate(record.protocol.config)
    except ValidationError as error:
        raise IstdbenchError(
            f"{record.path}: protocol of another version of istdbench; run the method again"
        ) from error
    job = Job(method, spec, method.resolve(spec.options), dataset, protocol, record.seed)
    if (protocol.hash, job.options) != (record.protocol.hash, record.method.options):
        raise IstdbenchError(f"{record.path}: protocol or options mean something else now; run the method again")
    if dataset.fingerprint != record.dataset.fingerprint:
        raise DataError(
            f"{record.path}: {dataset.name} has other files than when this was recorded (fingerprint "
            f"{dataset.fingerprint[:12]}, not {record.dataset.fingerprint[:12]}); restore them, or run the method again"
        )
    here = dataset_info(job)
    if apart := [field for field, value in record.dataset if getattr(here, field) != value]:
        raise DataError(
            f"{record.path}: {dataset.name} has another {' and '.join(apart)} now; take the code that made the record "
            f"(revision {record.provenance.revision}), or run the method again"
        )
    return job


def recorded_predictor(
    record: Record, job: Job, weights: Path | None = None, device: str = "cpu", maps: Path | None = None
) -> Predictor:
    """What made the record's score maps, with the very same weights; of predictions, a reader of the very same maps.

    Args:
        weights: their file, or `released`; None looks where `train` leaves them, in the package's zoo, where the record
            names one, and of a release for it.
        maps: see `recorded_maps`.

    Raises:
        UsageError: weights are named for a record without any.
        WeightsError: no file has the recorded SHA-256, or its weights were trained on images that they are scored on.
        DataError: the maps of predictions are not at hand.
    """
    if weights is not None and record.weights is None:
        raise UsageError(f"{record.path}: there are no weights behind it; leave --weights out")
    if (predictions := record.predictions) is not None:
        reading = Reading(predictions.scale, predictions.resize)
        return stored_maps(recorded_maps(record, job.test_names, maps), reading)
    if record.weights is None:
        return job_predictor(job, device=device)
    check_device(device)
    refuse_overlap(job, recorded_weights(record, job, weights))
    network, transform = recorded_network(record, job, weights)
    return job_network_predictor(job, network, transform, device)


def recorded_network(record: Record, job: Job, weights: Path | None = None) -> tuple[nn.Module, InputTransform]:
    """The network that made the record's score maps, and what its images went through.

    Args:
        weights: as `recorded_predictor`.

    Raises:
        UsageError: the method is classical.
        WeightsError: no file has the recorded SHA-256.
    """
    method = job.learned("it has no weights")
    network, header = filled_network(method, job.options, recorded_weights(record, job, weights))
    seen = record.weights.input if record.weights else None
    if seen is None and header.training is not None:
        seen = input_by(job.protocol, header.training, method)
    assert seen is not None, f"{record.path} holds what an imported network saw"
    return network, transform_of(seen)


def recorded_maps(record: Record, names: Collection[str], maps: Path | None = None) -> dict[str, Path]:
    """The files of the very score maps that a record of predictions was scored from, by the image's name.

    Args:
        names: of the record's images.
        maps: their folder, or the one that it is in; None looks at the folder that the record names.

    Raises:
        DataError: no folder has maps of the recorded SHA-256.
    """
    assert record.predictions is not None, f"{record.path} is of a method that was run"
    named = Path(record.predictions.folder)
    candidates = [named] if maps is None else [maps, maps / named.name, named]
    for folder in candidates:
        with suppress(DataError):
            found = find_maps(folder, names)
            if hash_of_maps(found) == record.predictions.sha256:
                return found
    raise DataError(
        f"{record.path}: scored from predictions whose maps (SHA-256 {record.predictions.sha256[:12]}…) are not at "
        f"hand (looked at {' and '.join(map(str, candidates))}); name their folder with --maps"
    )


def recorded_weights(record: Record, job: Job, weights: Path | None = None) -> Path:
    """The file of the very weights that a learned method was recorded with.

    Args:
        weights: as `recorded_predictor`.

    Raises:
        UsageError, WeightsError: no file has the recorded SHA-256, or no release is meant by the name.
        DataError: a release, or weights of the zoo, cannot be fetched.
    """
    assert record.weights is not None, f"{record.path} is of a method without weights"
    if weights is not None and is_meant(str(weights)):
        weights = meant_weights(str(weights), job.spec, None, job.seed, job.dataset.spec.name)
    named = record.weights.file
    own = [trained_path(job), zoo_path(job), *([] if named is None else [Path(named)])]
    candidates = [weights] if weights is not None else chain(own, _elsewhere(record, record.weights, job))
    for path in candidates:
        if path.is_file() and sha256_file(path) == record.weights.sha256:
            return path
    looked = " and ".join(str(path) for path in ([weights] if weights is not None else own))
    raise WeightsError(
        f"{record.path}: no weights with SHA-256 {record.weights.sha256[:12]}… (looked at {looked}); "
        f"put their file at {trained_path(job)}, or name it with --weights to `verify` and `audit`"
    )


def recorded_release(record: Record) -> Release | None:
    """The release that a record's weights are; None of others.

    Raises:
        UsageError: it is declared no more.
    """
    if record.weights is None or record.weights.source != "released":
        return None
    told: Any = record.weights.training["imported"]
    return release_of(f"{WORD}:{told['released']['name']}", record.method.spec)


def _elsewhere(record: Record, weights: WeightsInfo, job: Job) -> Iterator[Path]:
    """Files of the data set that weights say they were trained on, which need not be the job's; or of their release.

    What must be fetched is fetched only where all before it were other weights.
    """
    if (release := recorded_release(record)) is not None:
        yield released_weights(release)
    dataset = weights.training.get("dataset")
    yield from kept_weights(job.spec, parse_spec(str(dataset))) if dataset else []
    if (published := zoo_files.of_hash(weights.sha256)) is not None:
        yield published
