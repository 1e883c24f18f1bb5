"""From files to detections: reading, method and writing at the same time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from istdbench.datasets.levels import FULL, Range
from istdbench.datasets.windows import told_jumps
from istdbench.detection.detector import Detector
from istdbench.detection.footage import Clip
from istdbench.detection.frames import Frame, Noticed, read_frames, windows
from istdbench.detection.writers import Seen, Writer
from istdbench.progress import Progress
from istdbench.scoring.ahead import ahead

WRITERS = 2
"""Threads that encode and write."""


@dataclass
class Outcome:
    """What became of everything.

    Attributes:
        seen: every frame that has a score map.
        noticed: what could not be read, and what to know of the rest.
        tiled: size (H, W) of images that were cut, to the number of their tiles.
        stopped: whether a person stopped it before the end.
        seconds: from before the first frame is read until the last file is written.
    """

    seen: list[Seen] = field(default_factory=list)
    noticed: Noticed = field(default_factory=Noticed)
    tiled: dict[tuple[int, int], int] = field(default_factory=dict)
    stopped: bool = False
    seconds: float = 0.0

    @property
    def detections(self) -> int:
        """In all frames together."""
        return sum(len(frame.detections) for frame in self.seen)


def detect_clips(
    detector: Detector,
    clips: Sequence[Clip],
    writer: Writer,
    *,
    levels: Range = FULL,
    together: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Detect in every frame of clips, and write what is kept of each. Interrupted, it gives what it has until then.

    Args:
        levels, together: see `read_frames`.
        progress: told how many frames are done, and how many the clips say that they have.
    """
    outcome, start = Outcome(), time.perf_counter()
    if detector.method.frames > 1:
        outcome.noticed.jumps = {clip.path: told_jumps(found) for clip in clips if (found := clip.jumps)}
    total = sum(clip.frames for clip in clips)
    lead = min(2 * detector.batch, total)  # a batch larger than all frames needs no more room than they
    frames = ahead(read_frames(clips, levels, outcome.noticed, together=together), lead)
    kept: list[Future[Seen]] = []
    with ThreadPoolExecutor(WRITERS) as writers:
        try:
            for frame, score in _look(detector, frames, outcome):
                kept.append(writers.submit(writer.keep, frame, score))
                if len(kept) > lead:
                    kept[-lead - 1].result()  # maps wait in memory for no disk that is slower than the network
                if progress:
                    progress(len(kept), total)
        except KeyboardInterrupt:
            outcome.stopped = True
        outcome.seen = [each.result() for each in kept]
    outcome.seconds = time.perf_counter() - start
    return outcome


def _look(detector: Detector, frames: Iterable[Frame], outcome: Outcome) -> Iterator[tuple[Frame, np.ndarray]]:
    """The score map of every frame, `batch` frames at a time."""
    shown = windows(frames, detector.method.frames, outcome.noticed)
    while batch := list(islice(shown, detector.batch)):
        for frame, _ in batch:
            shape = (frame.image.shape[0], frame.image.shape[1])
            if (tiles := len(detector.places(shape))) > 1:
                outcome.tiled[shape] = tiles
        scores = detector.scores([image for _, image in batch])
        yield from zip((frame for frame, _ in batch), scores, strict=True)
