"""Folders of score maps: what `run --maps` keeps and `score` reads, one file an image by its name."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.errors import DataError
from istdbench.files import atomic_write
from istdbench.jobs.job import Job
from istdbench.scoring.loop import Maps, Predictor, predictor_of

ENDINGS = (".npy", ".png")
_FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(bool): 1.0}


def map_folder(maps: Path, job: Job) -> Path:
    """Where a run of a job keeps its score maps, under the folder that was given to `istdbench run --maps`."""
    return maps / job.dataset_slug / job.slug


class MapWriter:
    """Writes each map to a folder as NPY (float32), so that it scores the same later."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, sample: Sample, maps: Maps) -> None:
        """Write the map of one image.

        Raises:
            IstdbenchError: it could not be written.
        """
        buffer = io.BytesIO()
        np.save(buffer, maps.score.astype(np.float32), allow_pickle=False)
        atomic_write(self.folder / f"{sample.name}.npy", buffer.getvalue())


def stored_maps(folder: Path, names: Iterable[str]) -> Predictor:
    """A reader of the score maps of these images.

    Raises:
        DataError: the folder or the map of an image is missing; the message counts and names them.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give the folder with one score map an image")
    paths = {name: next((p for e in ENDINGS if (p := folder / f"{name}{e}").is_file()), None) for name in names}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        raise DataError(
            f"{folder}: no score map for {len(missing)} of {len(paths)} images: {', '.join(missing[:5])}"
            f"{', …' if len(missing) > 5 else ''}; each needs a file NAME.npy or NAME.png"
        )
    return predictor_of(lambda name, image: read_map(folder / paths[name].name))  # type: ignore[union-attr]


def read_map(path: Path) -> np.ndarray:
    """A score map (H, W) in [0, 1]: NPY as it is, 8- and 16-bit PNG divided by their largest value.

    Raises:
        DataError: the file is damaged or not a gray map.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        if path.suffix == ".npy":
            raw = np.load(path, allow_pickle=False)
        else:
            with Image.open(path) as image:
                raw = np.asarray(image)
    except (OSError, ValueError, EOFError, UnidentifiedImageError, SyntaxError) as error:
        raise DataError(f"score map {path}: cannot be read ({error}); write it again") from error
    if raw.ndim != 2:
        raise DataError(f"score map {path}: shape {raw.shape}; one gray map (H, W) is needed")
    if raw.dtype == np.int32:  # how Pillow reads some 16-bit files
        raw = raw.astype(np.uint16)
    return (raw / _FULL_SCALE.get(raw.dtype, 1.0)).astype(np.float64)
