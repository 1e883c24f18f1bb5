"""Folders of score maps: what `run --maps` keeps and `score` reads, one file an image by its name."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from pathlib import Path

from istdbench.datasets.dataset import Sample
from istdbench.datasets.images import size
from istdbench.datasets.paired_files import some
from istdbench.datasets.suffixes import pairing_suffixes
from istdbench.errors import DataError
from istdbench.files import atomic_write, sha256_bytes, sha256_file, sha256_json, within
from istdbench.lazy import cv2
from istdbench.lazy import numpy as np
from istdbench.scoring.loop import Maps, Predictor
from istdbench.scoring.reading import ENDINGS, Reading, Resize, check_levels, read_levels

AS_WRITTEN = Reading(scale=1.0)
"""How maps that a `MapWriter` wrote are read."""


class MapWriter:
    """Writes each map to a folder as NPY (float32), so that it scores the same later.

    Attributes:
        written: SHA-256 of each image's file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: dict[str, str] = {}

    def take(self, sample: Sample, maps: Maps) -> None:
        """Write the map of one image.

        Raises:
            IstdbenchError: it could not be written, or its name leads out of the folder.
        """
        buffer = io.BytesIO()
        np.save(buffer, maps.score.astype(np.float32), allow_pickle=False)
        atomic_write(within(self.folder, f"{sample.name}.npy"), buffer.getvalue())
        self.written[sample.name] = sha256_bytes(buffer.getvalue())


def find_maps(folder: Path, names: Collection[str]) -> dict[str, Path]:
    """The file of each image's score map: its name, one suffix that all files share (`_pred`), and an ending.

    A name with a folder in it, `seq1/0001`, is looked for in that folder.

    Raises:
        DataError: the folder is missing, as are maps, or which file is an image's cannot be said; the message names
            what is wrong.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give the folder with one score map an image")
    files = _by_stem(folder, names)
    suffixes = pairing_suffixes(set(names), files)
    if len(suffixes) > 1 and "" not in suffixes:
        raise DataError(
            f"{folder}: files pair with the images by {' and by '.join(map(repr, suffixes))}; leave one kind in "
            "the folder"
        )
    suffix = "" if "" in suffixes or not suffixes else suffixes[0]
    missing = [name for name in names if name + suffix not in files]
    if missing:
        raise DataError(
            f"{folder}: no score map for {len(missing)} of {len(names)} images: {some(missing)}; each needs a file "
            f"NAME{suffix} with one of the endings {', '.join(ENDINGS)}"
        )
    found = {name: files[name + suffix] for name in names}
    for name, paths in found.items():
        if len(paths) > 1:
            raise DataError(
                f"{folder}: {' and '.join(path.name for path in paths)} are both of {name}; keep one of them"
            )
    return {name: path for name, [path] in found.items()}


def hash_of_maps(maps: Mapping[str, Path]) -> str:
    """SHA-256 over the files of these images, whatever folder they lie in."""
    return sha256_json({name: sha256_file(path) for name, path in maps.items()})


def stored_maps(maps: Mapping[str, Path], reading: Reading) -> Predictor:
    """A reader of the score maps of these images, once all of them have been looked at.

    Raises:
        DataError: as `check_levels`; and by the reader, a map of another size than its image.
    """
    check_levels(maps.values(), reading)

    def read(sample: Sample) -> Maps:
        raw = reading.scores(read_levels(maps[sample.name]))
        return Maps(_on_the_image(raw, sample.image.shape, reading.resize), raw)

    return read


def _on_the_image(score: np.ndarray, shape: tuple[int, ...], resize: Resize | None) -> np.ndarray:
    if score.shape == shape:
        return score
    if resize is None:
        raise DataError(
            f"the score map is {size(score.shape)} and the image {size(shape)}; crop what was padded, or "
            "stretch maps to their images by --resize nearest (masks) or --resize bilinear (scores)"
        )
    how = cv2.INTER_LINEAR if resize == "bilinear" else cv2.INTER_NEAREST_EXACT
    return cv2.resize(score, shape[::-1], interpolation=how)


def _by_stem(folder: Path, names: Collection[str]) -> dict[str, list[Path]]:
    """The files that may be maps by path under the folder, without ending, in the folders that the names have."""
    files: dict[str, list[Path]] = {}
    for inside in sorted({Path(name).parent for name in names}):
        there = folder / inside
        for path in sorted(there.iterdir()) if there.is_dir() else ():
            if path.suffix.lower() in ENDINGS and not path.name.startswith("."):
                files.setdefault((inside / path.stem).as_posix(), []).append(path)
    return files
