"""Where the score maps of an audit come from: a folder of them, or a record whose method predicts again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from istdbench.datasets.base import Dataset
from istdbench.engine.evaluate import ScoreOf
from istdbench.engine.maps import kept, stored_maps
from istdbench.engine.recorded import read_record, recorded_job, recorded_predictor
from istdbench.errors import DataError, UsageError
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec


@dataclass(frozen=True)
class Source:
    """Score maps of one part of one split of a data set.

    Attributes:
        title: what made them.
        names: of the images.
    """

    title: str
    score_of: ScoreOf
    dataset: Dataset
    split: str
    part: str

    @property
    def names(self) -> tuple[str, ...]:
        return self.dataset.names(self.split, self.part)


def from_folder(folder: Path, dataset: str | None, split: str | None = None, part: str | None = None) -> Source:
    """The score maps of a folder, as `istdbench score` takes it.

    Args:
        split: None takes the data set's default.
        part: None takes "test".

    Raises:
        UsageError: no data set, or one without this split or part.
        DataError: the folder or a map is missing.
    """
    if dataset is None:
        raise UsageError(f"{folder}: a folder of score maps needs --dataset, the data set they belong to")
    data = build_dataset(parse_spec(dataset))
    split, part = split or data.default_split, part or "test"
    return Source(str(folder), stored_maps(folder, data.names(split, part)), data, split, part)


def from_record(
    path: Path,
    dataset: str | None = None,
    split: str | None = None,
    part: str | None = None,
    *,
    weights: Path | None = None,
    maps: Path | None = None,
) -> Source:
    """The score maps of a record's method on the record's images.

    Args:
        dataset, split, part: if given, they must be the record's own.
        weights: as `recorded_predictor`.
        maps: the folder given to `istdbench run --maps`: maps that are there are read, others are made and kept.

    Raises:
        IstdbenchError: as `read_record`, `recorded_job` and `recorded_predictor`.
    """
    record = read_record(path)
    own = record.dataset
    for option, given, recorded in (
        ("dataset", dataset, own.name),
        ("split", split, own.split),
        ("part", part, own.part),
    ):
        if given not in (None, recorded):
            raise UsageError(f"{path} is a record of {option} {recorded}, not {given}; leave --{option} out")
    job = recorded_job(record)
    folder = None if maps is None else maps / job.dataset_slug / job.slug
    title = f"{job.spec} ({path.name})"
    if folder is not None:
        try:
            return Source(title, stored_maps(folder, job.test_names), job.dataset, own.split, own.part)
        except DataError:
            pass  # not all are there: predict
    score_of = recorded_predictor(record, job, weights)
    return Source(title, score_of if folder is None else kept(score_of, folder), job.dataset, own.split, own.part)
