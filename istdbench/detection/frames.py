"""Frames as a method sees them, one after the other: gray, and in windows where it looks at several."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from istdbench.datasets.filling import sliver
from istdbench.datasets.images import read_pages, to_gray
from istdbench.datasets.levels import Ends, Range
from istdbench.detection.footage import Clip, File
from istdbench.detection.video import VIDEO_SUFFIXES, read_video
from istdbench.errors import DataError


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        number: in its file, from 0.
        place: in its clip, from 0; one that could not be read leaves a gap.
        image: (H, W) float32 gray, 0 to 255.
    """

    file: File
    number: int
    clip: Path
    place: int
    image: np.ndarray

    @property
    def stem(self) -> str:
        """Where its outputs go, without ending."""
        return self.file.stem(self.number)


@dataclass
class Noticed:
    """What a reader of frames noticed.

    Attributes:
        faults: a sentence on each file or frame that could not be read.
        dull: of each clip, what is wrong with the levels of the first frame that the range makes all but flat.
        alone: of each clip, how many frames had no window: those at its start, and after a gap or a change of size.
        jumps: of each clip, a sentence on frames that are taken as neighbours, but whose names do not count on.
    """

    faults: list[str] = field(default_factory=list)
    dull: dict[Path, str] = field(default_factory=dict)
    alone: Counter[Path] = field(default_factory=Counter)
    jumps: dict[Path, str] = field(default_factory=dict)


def read_frames(clips: Iterable[Clip], levels: Range, noticed: Noticed, *, together: bool = False) -> Iterator[Frame]:
    """The frames of clips in their order. What cannot be read is left out and noticed.

    Args:
        levels: which levels become 0 and 255.
        together: `minmax` and `percentile` are taken over all frames of a clip, which is then read twice; else over
            each frame.
    """
    for clip in clips:
        ends = None
        if together and levels.kind in ("minmax", "percentile"):
            try:
                ends = _shared_ends(clip, levels)
            except DataError as error:
                noticed.faults.append(f"{clip.path}: {error}")
                continue
        yield from _frames(clip, levels, ends, noticed)


def windows(frames: Iterable[Frame], length: int, noticed: Noticed) -> Iterator[tuple[Frame, np.ndarray]]:
    """Each frame with what a method of `length` frames looks at: (H, W), or (length, H, W) that ends with it.

    A frame without a window is left out and noticed.
    """
    last: deque[Frame] = deque(maxlen=length)
    for frame in frames:
        if last and not _follows(frame, last[-1]):
            last.clear()
        last.append(frame)
        if len(last) == length:
            yield frame, frame.image if length == 1 else np.stack([each.image for each in last])
        else:
            noticed.alone[frame.clip] += 1


def read_levels(file: File) -> Iterator[np.ndarray]:
    """The levels of every frame of a file, (H, W) each, in the file's own units.

    Raises:
        DataError: it is absent, damaged or has no gray levels; names it.
    """
    return read_video(file.path) if file.path.suffix.lower() in VIDEO_SUFFIXES else read_pages(file.path)


def _frames(clip: Clip, levels: Range, ends: Ends | None, noticed: Noticed) -> Iterator[Frame]:
    first = 0
    for file in clip.files:
        unfit: list[str] = []
        try:
            for number, raw in enumerate(read_levels(file)):
                try:
                    gray = to_gray(raw, file.path, levels, ends)
                except DataError as error:
                    unfit.append(f"{error}, in frame {number}" if file.many else str(error))
                    continue
                if clip.path not in noticed.dull and (wrong := sliver(raw, levels)):
                    noticed.dull[clip.path] = f"{file.name}: {wrong}"
                yield Frame(file, number, clip.path, first + number, gray)
        except DataError as error:
            noticed.faults.append(str(error))
        more = f", and {len(unfit) - 1} frames more are as unfit" if len(unfit) > 1 else ""
        noticed.faults += [unfit[0] + more] if unfit else []
        first += file.frames


def _shared_ends(clip: Clip, levels: Range) -> Ends | None:
    """The ends of a range over all frames of a clip; None where none can be read, which is told when they are.

    Raises:
        DataError: as `Range.ends`.
    """
    frames = (frame for file in clip.files for frame in _readable(file))
    first = next(frames, None)
    return None if first is None else levels.ends(chain([first], frames))


def _readable(file: File) -> Iterator[np.ndarray]:
    """The levels of a file up to where it is damaged, which is told when its frames are read."""
    try:
        yield from read_levels(file)
    except DataError:
        return


def _follows(frame: Frame, before: Frame) -> bool:
    return frame.clip == before.clip and frame.place == before.place + 1 and frame.image.shape == before.image.shape
