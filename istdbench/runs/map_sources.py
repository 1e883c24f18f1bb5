"""Where score maps come from: a folder of them, or a record whose method predicts again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.targets import require_targets
from istdbench.errors import UsageError
from istdbench.progress import Track, silent
from istdbench.registry import build_dataset
from istdbench.results import Record, look_up
from istdbench.scoring.kept_maps import KeptMaps, kept_maps, maps_of_folder, writing
from istdbench.scoring.loop import Collector, Predictor, score_images
from istdbench.scoring.maps import AS_WRITTEN, stored_maps
from istdbench.scoring.reading import BY_TYPE, Reading
from istdbench.spec import Spec


@dataclass(frozen=True)
class Source:
    """Score maps of one part of one split of a data set.

    Attributes:
        title: what made them.
        predict: makes or reads the map of an image.
        keep: where maps are kept as they are made, if all of the part's images are shown; None keeps none.
        threshold: a target is where the score is greater: of a record, as its protocol has it.
    """

    title: str
    predict: Predictor
    dataset: Dataset
    split: str
    part: str
    keep: KeptMaps | None = None
    threshold: float = 0.5

    @property
    def names(self) -> tuple[str, ...]:
        """Of all images of the part."""
        return self.dataset.names(self.split, self.part)

    def show(
        self, *collectors: Collector, names: Sequence[str] | None = None, track: Track = silent, title: str = ""
    ) -> None:
        """Show images with their score maps to the collectors.

        Args:
            names: some of the part's; None takes all.
            title: of the progress.

        Raises:
            DataError: no image of the part has a target, where it should have, or as `score_images`.
        """
        if names is None and self.split not in self.dataset.backgrounds:
            require_targets(self.dataset, self.names, "look at")
        wanted = track(self.names if names is None else names, title)
        with writing(self.keep if names is None else None) as writers:
            score_images(self.predict, self.dataset, wanted, *writers, *collectors)


def open_source(
    text: str,
    root: Path,
    dataset: Spec | None = None,
    split: str | None = None,
    part: str | None = None,
    *,
    weights: Path | None = None,
    maps: Path | None = None,
    reading: Reading = BY_TYPE,
) -> Source:
    """The source that a person names: a folder of score maps, or a record as `look_up` finds it.

    Args:
        root: of the store that a part of a record's name is looked for in.
        dataset, split, part: of a folder; of a record, if given, they must be its own.
        weights, maps: of a record, see `of_record`.
        reading: of a folder; a record knows how its maps are read.

    Raises:
        UsageError: an option that does not go with the source, or no such record.
        IstdbenchError: as `of_folder` and `of_record`.
    """
    if not Path(text).is_dir():
        try:
            record = look_up(text, root).record
        except UsageError as error:
            raise UsageError(f"{error}; nor is {text!r} a folder of score maps") from error
        own = record.dataset
        choices = ("dataset", dataset, own.name), ("split", split, own.split), ("part", part, own.part)
        for option, given, recorded in choices:
            if given is not None and str(given) != recorded:
                raise UsageError(f"{text} is a record of {option} {recorded}, not {given}; leave --{option} out")
        if reading != BY_TYPE:
            raise UsageError(f"{text} is a record, which knows how its maps are read; leave --scale and --resize out")
        return of_record(record, weights=weights, maps=maps)
    if weights is not None or maps is not None:
        raise UsageError("--weights and --maps go with a record; a folder holds its maps already")
    if dataset is None:
        raise UsageError(f"{text}: a folder of score maps needs --dataset, the data set they belong to")
    return of_folder(Path(text), build_dataset(dataset), split, part, reading)


def of_folder(
    folder: Path, dataset: Dataset, split: str | None = None, part: str | None = None, reading: Reading = BY_TYPE
) -> Source:
    """The score maps of a folder, whatever made them.

    Args:
        split: None takes the data set's default.
        part: None takes "test".

    Raises:
        UsageError: the data set has no such split or part.
        DataError: the folder or a map is missing, the maps are not what they are read as, or not those of a run that
            the folder names.
    """
    split, part = split or dataset.default_split, part or "test"
    maps = maps_of_folder(folder, dataset.names(split, part), dataset)
    return Source(str(folder), stored_maps(maps, reading), dataset, split, part)


def of_record(record: Record, *, weights: Path | None = None, maps: Path | None = None) -> Source:
    """The score maps of a record's method on the record's images.

    Args:
        weights: as `recorded_predictor`.
        maps: the folder given to `istdbench run --maps`, or the record's own in it: maps that are there are read,
            others are made and kept. Of a record of predictions, their folder.

    Raises:
        DataError: the folder holds the maps of another record, or maps that changed.
        IstdbenchError: as `recorded_job` and `recorded_predictor`.
    """
    from istdbench.runs.from_record import recorded_job, recorded_predictor

    job = recorded_job(record)
    keep = None if maps is None or record.predictions is not None else kept_maps(maps, job, record.key, record.weights)
    if keep is not None and (files := keep.read(job.test_names)):
        predict, keep = stored_maps(files, AS_WRITTEN), None
    else:
        predict = recorded_predictor(record, job, weights, maps=maps)
    title = f"{job.spec} ({record.path.name})"
    threshold = job.protocol.scoring.threshold
    return Source(title, predict, job.dataset, job.split, record.dataset.part, keep, threshold)
