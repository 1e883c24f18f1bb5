"""From files to detections: reading, method and writing at the same time, and what became of every file."""

from __future__ import annotations

import csv
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from istdbench.datasets.levels import FULL, Range
from istdbench.detection import coco
from istdbench.detection.detections import Detection, detections_of
from istdbench.detection.detector import Detector
from istdbench.detection.footage import Clip
from istdbench.detection.frames import Frame, read_frames, windows
from istdbench.detection.overlap import ahead, behind
from istdbench.detection.writers import WRITERS
from istdbench.errors import DataError, UsageError
from istdbench.files import atomic_write
from istdbench.metrics.regions import find_regions
from istdbench.progress import Progress

KINDS = (*WRITERS, "coco")
"""What may be saved beside `detections.csv`."""
COLUMNS = ("file", "frame", "x", "y", "score", "area", "left", "top", "width", "height")


@dataclass(frozen=True)
class Output:
    """What is written, and where.

    Attributes:
        folder: of all outputs.
        save: kinds beside `detections.csv`, of KINDS.
    """

    folder: Path
    save: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.save if kind not in KINDS]
        if unknown:
            raise UsageError(f"--save {','.join(unknown)}: there are {', '.join(KINDS)}")


@dataclass(frozen=True)
class Seen:
    """What is remembered of a frame: its file and number in it, its size, and what was found."""

    file: str
    number: int
    stem: str
    shape: tuple[int, int]
    detections: list[Detection]
    annotations: list[dict[str, Any]]


@dataclass
class Outcome:
    """What became of everything.

    Attributes:
        seen: every frame that was looked at.
        faults: sentences on what could not be read.
        notes: sentences on what to know of the detections.
        seconds: from the first frame read to the last file written.
    """

    seen: list[Seen] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
