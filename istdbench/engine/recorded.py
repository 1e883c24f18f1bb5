"""From a record back to what it was made with: its job, and its predictor."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from istdbench.engine.evaluate import ScoreOf
from istdbench.engine.job import Job
from istdbench.engine.predict import classical_predictor, trained_predictor
from istdbench.engine.recording import dataset_info
from istdbench.engine.second_grid import SecondGrid, shown_to
from istdbench.engine.weights import trained_path, zoo_path
from istdbench.errors import DataError, IstdbenchError, WeightsError
from istdbench.files import sha256_file
from istdbench.protocols.protocol import Protocol
from istdbench.registry import METHODS, build_dataset
from istdbench.results import Record
from istdbench.spec import parse_spec


def read_record(path: Path) -> Record:
    """The record in a JSON file, wherever it lies.

    Raises:
        IstdbenchError: the file cannot be read or is no record.
    """
    try:
        return Record.model_validate_json(path.read_bytes())
    except OSError as error:
        raise IstdbenchError(f"{path}: cannot be read ({error.strerror}); give a record's .json file") from error
    except ValidationError as error:
        raise IstdbenchError(f"{path}: not a record ({error.error_count()} wrong fields); give another file") from error


def recorded_job(record: Record) -> Job:
    """The job of a record, by the protocol as it was then.

    Raises:
        UsageError: its method or data set is not there.
        DataError: the data set is not here, or has other files or splits now.
        IstdbenchError: the protocol's fields or the method's options mean something else now.
    """
    spec = parse_spec(record.method.name)
    method = METHODS.get(spec.name)
    dataset = build_dataset(parse_spec(record.dataset.name))
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
    record: Record, job: Job, weights: Path | None = None, device: str = "cpu", second: SecondGrid | None = None
) -> ScoreOf:
    """What made the record's score maps, with the very same weights.

    Args:
        weights: their file; None looks where `train` leaves them and in the package's zoo.
        second: another grid that is shown the maps.

    Raises:
        WeightsError: no file has the recorded SHA-256.
    """
    if record.weights is None:
        return classical_predictor(job, shown_to(second))
    path = recorded_weights(record, job, weights)
    return trained_predictor(job, path, device, shown_to(second))[0]


def recorded_weights(record: Record, job: Job, weights: Path | None = None) -> Path:
    """The file of the very weights that a learned method was recorded with.

    Args:
        weights: as `recorded_predictor`.

    Raises:
        WeightsError: no file has the recorded SHA-256.
    """
    assert record.weights is not None, f"{record.path} is of a method without weights"
    candidates = [weights] if weights is not None else [trained_path(job), zoo_path(job)]
    for path in candidates:
        if path.is_file() and sha256_file(path) == record.weights.sha256:
            return path
    looked = " and ".join(str(path) for path in candidates)
    raise WeightsError(
        f"{record.path}: no weights with SHA-256 {record.weights.sha256[:12]}… (looked at {looked}); "
        f"put their file at {trained_path(job)}, or name it with --weights to `verify` and `audit`"
    )
