"""The folder of outputs: files of each frame as it is seen, and at the end the list of all detections."""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from istdbench.detection import coco
from istdbench.detection.detections import Detection, detections_of
from istdbench.detection.encoders import ENCODERS, Found
from istdbench.detection.footage import Clip
from istdbench.detection.frames import Frame
from istdbench.errors import DataError, UsageError
from istdbench.files import atomic_write
from istdbench.metrics.counting import above
from istdbench.metrics.regions import find_regions

KINDS = (*ENCODERS, "coco")
"""What `--save` takes."""
TABLE, COCO, ABOUT = "detections.csv", "coco.json", "about.json"
COLUMNS = ("file", "frame", "x", "y", "score", "area", "left", "top", "width", "height")


@dataclass(frozen=True)
class Seen:
    """What is remembered of a frame: its file, its number in it from 0, its size (H, W), and what was found."""

    file: str
    number: int
    shape: tuple[int, int]
    detections: Sequence[Detection]
    annotations: Sequence[Mapping[str, Any]]


class Writer:
    """Writes to one folder. A file that is there already is replaced, whole."""

    def __init__(self, folder: Path, save: Collection[str] = (), *, threshold: float) -> None:
        """
        Args:
            save: what is kept beside the list of detections, of KINDS.
            threshold: a pixel is detected where its score is greater than this.

        Raises:
            UsageError: an unknown kind.
        """
        unknown = [kind for kind in save if kind not in KINDS]
        if unknown:
            raise UsageError(f"--save {','.join(unknown)}: not one of {', '.join(KINDS)}")
        self.folder, self.threshold = folder, threshold
        self.coco = "coco" in save
        self.encoders = [ENCODERS[kind] for kind in save if kind != "coco"]

    def prepare(self, clips: Iterable[Clip]) -> None:
        """Make the folder, once nothing would be lost in it, before any work is done.

        Raises:
            DataError: two files whose outputs would have one name, or something that would be replaced and that no
                earlier run made; names them.
            IstdbenchError: nothing can be written to the folder.
        """
        if self.encoders:
            _refuse_clashes(clips)
        if (self.folder / ABOUT).exists():
            self._tell_of_earlier_ones()
        else:
            self._refuse_others()
            atomic_write(self.folder / ABOUT, _json({"unfinished": "no list of detections has been written yet"}))

    def _tell_of_earlier_ones(self) -> None:
        """Say that files of single frames of an earlier run stay where this one has none of their names."""
        kept = sorted({folder for folder, _, _ in ENCODERS.values() if (self.folder / folder).exists()})
        if kept:
            warnings.warn(
                f"{self.folder} holds {', '.join(kept)} of an earlier run; those that this one does not write again "
                "stay, and belong to other detections",
                stacklevel=2,
            )

    def _refuse_others(self) -> None:
        """Refuse to replace what is not known to be of an earlier run, such as the masks of a data set."""
        for name in (TABLE, COCO, *(folder for folder, _, _ in self.encoders)):
            if (self.folder / name).exists():
                raise DataError(
                    f"{self.folder / name} is there, and no {ABOUT} beside it says that `predict` made it; choose "
                    "another --out, so that nothing of yours is replaced"
                )

    def keep(self, frame: Frame, score: np.ndarray) -> Seen:
        """Write what is kept of one frame; several threads may call it at once.

        Raises:
            IstdbenchError: it could not be written.
        """
        mask = above(score, self.threshold)
        regions = find_regions(mask)
        detections = detections_of(score, regions)
        found = Found(frame.image, score, mask, detections)
        for folder, ending, encode in self.encoders:
            atomic_write(self.folder / folder / f"{frame.stem}{ending}", encode(found))
        shape = (score.shape[0], score.shape[1])
        annotations = coco.annotate(detections, regions, shape) if self.coco else []
        return Seen(frame.file.name, frame.number, shape, detections, annotations)

    def finish(self, seen: Sequence[Seen], about: Mapping[str, Any]) -> list[Path]:
        """Write the list of all detections, and how they were made; gives the files.

        The list of an earlier run that this one does not write is taken away: it would belong to other detections.

        Raises:
            IstdbenchError: one could not be written.
        """
        written = {TABLE: _table(seen), ABOUT: _json(about)}
        if self.coco:
            written[COCO] = _json(coco.document(((_image(frame), frame.annotations) for frame in seen), about))
        else:
            (self.folder / COCO).unlink(missing_ok=True)
        for name, text in written.items():
            atomic_write(self.folder / name, text)
        return [self.folder / name for name in written]


def _refuse_clashes(clips: Iterable[Clip]) -> None:
    """Refuse two files whose outputs would have one name."""
    taken: dict[str, str] = {}
    for file in (file for clip in clips for file in clip.files):
        other = taken.setdefault(file.stem(0), file.name)
        if other != file.name:
            raise DataError(
                f"{other} and {file.name} would both be written as {file.stem(0)}; rename one of them, or give "
                "them one at a time with an --out each"
            )


def _table(seen: Iterable[Seen]) -> str:
    """One line a detection; scores with the digits that tell any two apart."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for frame in seen:
        for each in frame.detections:
            place = (f"{each.x:.3f}", f"{each.y:.3f}", f"{each.score:.9g}")
            table.writerow((frame.file, frame.number, *place, each.area, *each.box))
    return text.getvalue()


def _image(frame: Seen) -> dict[str, Any]:
    height, width = frame.shape
    return {"file_name": frame.file, "frame": frame.number, "width": width, "height": height}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
