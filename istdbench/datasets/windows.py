"""What a sequence is: the images of one folder, or the pages of one TIFF, in the order of their names.

Numbers in names count as numbers: `frame_9` stands before `frame_10`. A method of n frames looks at an image and the
n - 1 before it, its window. The first n - 1 images of a sequence have none, and are in no list of a data set of n
frames; nothing is repeated or made up in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from istdbench.datasets.images import size
from istdbench.errors import DataError
from istdbench.lazy import numpy as np
from istdbench.metrics.by_sequence import sequence_of

Order = tuple[tuple[int, str], ...]


def in_order(text: str) -> Order:
    """A name as words and numbers, to sort by."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text.lower()))


def windows(
    names: Iterable[str], frames: int, shot_of: Callable[[str], str] = sequence_of
) -> dict[str, tuple[str, ...]]:
    """Of each image that has a window, the names in it, oldest first; the last is its own.

    Args:
        shot_of: what all frames of one window share.

    >>> windows(["a/2", "a/10", "a/9", "b/1"], 2)
    {'a/9': ('a/2', 'a/9'), 'a/10': ('a/9', 'a/10')}
    """
    sequences: dict[str, list[str]] = {}
    for name in sorted(names, key=in_order):
        sequences.setdefault(shot_of(name), []).append(name)
    return {
        those[last]: tuple(those[last - frames + 1 : last + 1])
        for those in sequences.values()
        for last in range(frames - 1, len(those))
    }


class Windows:
    """The windows of all images of a data set. A frame that several have in common is kept while it is looked at."""

    def __init__(
        self,
        names: Iterable[str],
        frames: int,
        read: Callable[[str], np.ndarray],
        shot_of: Callable[[str], str] = sequence_of,
    ) -> None:
        """
        Args:
            read: from an image's name to its grey levels (H, W).
            shot_of: as `windows`.
        """
        self.names: Mapping[str, tuple[str, ...]] = windows(names, frames, shot_of)
        self.frames = frames
        self._read = lru_cache(maxsize=2 * frames)(read)

    def __call__(self, name: str) -> np.ndarray:
        """The window of an image: (frames, H, W) float32, oldest first.

        Raises:
            DataError: the image has none, a frame cannot be read, or they have several sizes.
        """
        if name not in self.names:
            raise DataError(f"{name}: it has no {self.frames - 1} images before it in its sequence")
        read = [self._read(each) for each in self.names[name]]
        for each, frame in zip(self.names[name], read, strict=True):
            if frame.shape != read[-1].shape:
                raise DataError(
                    f"{each} is {size(frame.shape)} and {name}, of the same sequence, {size(read[-1].shape)}; put "
                    "images of one size into one folder, and those of another into another"
                )
        return np.stack(read)
