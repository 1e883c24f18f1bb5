"""Folders that score maps of records are kept in, and how such a folder says whose maps it holds.

Each record has a folder of its own, named by its key. Beside the maps stands `maps.json`: it is written before the
first map, without hashes, and again after the last, with the SHA-256 of each, so that a folder whose run was
interrupted is not taken for whole. A folder without it is anyone's predictions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.paired_files import some
from istdbench.errors import DataError
from istdbench.files import atomic_write, sha256_file
from istdbench.jobs.job import Job
from istdbench.results import WeightsInfo
from istdbench.scoring.maps import MapWriter, find_maps

ABOUT = "maps.json"


class MapsAbout(BaseModel, extra="forbid", frozen=True):
    """Whose maps a folder holds.

    Attributes:
        key: of the record that they make, see `istdbench.results.record_key`.
        weights: SHA-256 of the weights' file; None for a method without weights.
        fingerprint: of the data set.
        maps: SHA-256 of the file of each image's map; None while they are being written.
    """

    key: str
    method: str
    weights: str | None
    dataset: str
    fingerprint: str
    protocol: str
    seed: int
    maps: dict[str, str] | None = None

    def __str__(self) -> str:
        by = "" if self.weights is None else f", weights {self.weights[:12]}"
        return f"{self.method} on {self.dataset} by {self.protocol}, seed {self.seed}{by} (key {self.key[:12]})"


@dataclass(frozen=True)
class KeptMaps:
    """The folder of a record's maps, which may be there or not yet.

    Attributes:
        about: what its `maps.json` says, or will say.
    """

    folder: Path
    about: MapsAbout

    def read(self, names: Collection[str]) -> dict[str, Path]:
        """The file of each image's map, by its name; none where they are not here, or not all of them.

        Raises:
            DataError: maps changed since they were written.
        """
        there = read_about(self.folder)
        files = [self.folder / f"{name}.npy" for name in names]
        if there is None or there.maps is None or not all(map(Path.is_file, files)):
            return {}
        return _unchanged(self.folder, there.maps, names)


def kept_maps(maps: Path, job: Job, key: str, weights: WeightsInfo | None) -> KeptMaps:
    """Where the maps of a record are kept.

    Args:
        maps: the folder that was given as `--maps`, which holds one for each record; or that of the record itself.
        key: of the record.

    Raises:
        DataError: the folder holds the maps of another record, whose name it is then called by as well.
    """
    about = MapsAbout(
        key=key,
        method=str(job.spec),
        weights=None if weights is None else weights.sha256,
        dataset=job.dataset.name,
        fingerprint=job.dataset.fingerprint,
        protocol=job.protocol.name,
        seed=job.seed,
    )
    own = maps / job.dataset_slug / f"{job.spec.slug}-seed{job.seed}-{key[:12]}"
    folder = maps if (maps / ABOUT).is_file() else own
    there = read_about(folder)
    if there is not None and there.key != key:
        raise DataError(f"{folder}: holds the score maps of {there}, not those of {about}; name another folder")
    return KeptMaps(folder, about)


def kept_keys(maps: Path) -> set[str]:
    """The keys of the records of which a folder, given as `--maps`, holds all maps.

    Raises:
        DataError: a `maps.json` in it is damaged.
    """
    there = [read_about(path.parent) for path in sorted(maps.rglob(ABOUT))]
    return {about.key for about in there if about is not None and about.maps is not None}


@contextmanager
def writing(kept: KeptMaps | None) -> Iterator[list[MapWriter]]:
    """The collector that keeps each map that it is shown, and says at the end that all are there; none to keep none.

    Raises:
        IstdbenchError: the folder cannot be written.
    """
    if kept is None:
        yield []
        return
    _write(kept.folder, kept.about)
    writer = MapWriter(kept.folder)
    yield [writer]
    _write(kept.folder, kept.about.model_copy(update={"maps": writer.written}))


def maps_of_folder(folder: Path, names: Collection[str], dataset: Dataset) -> dict[str, Path]:
    """The file of each image's score map in a folder that a person names: of a run here, or of anyone.

    Raises:
        DataError: as `find_maps`; or a run's maps are of other data, not whole, or changed since.
    """
    there = read_about(folder)
    if there is None:
        return find_maps(folder, names)
    if there.fingerprint != dataset.fingerprint:
        raise DataError(
            f"{folder}: holds the score maps of {there}, data fingerprint {there.fingerprint[:12]}, not of "
            f"{dataset.name}, data fingerprint {dataset.fingerprint[:12]}; name its own data set, or take {ABOUT} away "
            "to score them whatever made them"
        )
    if there.maps is None:
        raise DataError(f"{folder}: the run of {there} did not write all of its score maps; run it again with --force")
    return _unchanged(folder, there.maps, names)


def read_about(folder: Path) -> MapsAbout | None:
    """What a folder says of its maps; None where it says nothing.

    Raises:
        DataError: its `maps.json` is damaged.
    """
    path = folder / ABOUT
    if not path.is_file():
        return None
    try:
        return MapsAbout.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{path}: does not say whose maps these are; delete the folder and make them again") from error


def _unchanged(folder: Path, written: dict[str, str], names: Collection[str]) -> dict[str, Path]:
    found = find_maps(folder, names)
    changed = [name for name, path in found.items() if sha256_file(path) != written.get(name)]
    if changed:
        raise DataError(
            f"{folder}: {len(changed)} of {len(found)} score maps are not as the run wrote them: {some(changed)}; "
            "delete the folder and make them again"
        )
    return found


def _write(folder: Path, about: MapsAbout) -> None:
    atomic_write(folder / ABOUT, json.dumps(about.model_dump(), indent=1) + "\n")
