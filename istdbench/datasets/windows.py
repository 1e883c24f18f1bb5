"""What a sequence is: the images of one folder, or the pages of one TIFF, in the order of their names.

Numbers in names count as numbers: `frame_9` stands before `frame_10`. A method of n frames looks at an image and the
n - 1 before it, its window. The first n - 1 images of a sequence have none, and are in no list of a data set of n
frames; nothing is repeated or made up in their place. Names may leave out numbers, since frames may have been
thinned out; where they do so in some places only, it is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from statistics import median_low

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
    return {
        those[last]: tuple(those[last - frames + 1 : last + 1])
        for those in _shots(names, shot_of)
        for last in range(frames - 1, len(those))
    }


def jumps(names: Iterable[str], shot_of: Callable[[str], str] = sequence_of) -> list[tuple[str, str]]:
    """Neighbours in a sequence whose names do not count on: images may be missing, or be those of another sequence.

    Their last numbers differ by over one and a half times what is usual there, or the words around these differ. Names
    without numbers say nothing.

    >>> jumps(["a/2", "a/4", "a/6", "a/12", "a/14"]), jumps(["a/cat9", "a/cat10", "a/dog1"])
    ([('a/6', 'a/12')], [('a/cat10', 'a/dog1')])
    """
    return [pair for those in _shots(names, shot_of) for pair in _jumps(those)]


def told_jumps(found: Sequence[tuple[str, str]]) -> str:
    """A sentence on jumps, of which there are some."""
    (before, after), places = found[0], "a place" if len(found) == 1 else f"{len(found)} places"
    return (
        f"frames are taken as neighbours in {places} where their names do not count on ({before}, then {after}): if "
        "some are missing, or belong to another sequence, put what belongs together into a folder of its own"
    )


def _shots(names: Iterable[str], shot_of: Callable[[str], str]) -> Iterable[list[str]]:
    shots: dict[str, list[str]] = {}
    for name in sorted(names, key=in_order):
        shots.setdefault(shot_of(name), []).append(name)
    return shots.values()


def _jumps(shot: Sequence[str]) -> list[tuple[str, str]]:
    counted = [(name, found) for name in shot if (found := re.fullmatch(r"(.*?)(\d+)(\D*)", name))]
    steps: dict[tuple[str, str], int | None] = {}
    for (before, one), (after, other) in pairwise(counted):
        same = one[1] == other[1] and one[3] == other[3]
        steps[before, after] = int(other[2]) - int(one[2]) if same else None
    known = [step for step in steps.values() if step is not None]
    most = 1.5 * max(1, median_low(known)) if known else 0.0
    return [pair for pair, step in steps.items() if step is None or step > most]


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
