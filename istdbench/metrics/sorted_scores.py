"""All scores of a set of images, exactly, in a memory that does not grow with the set."""

from __future__ import annotations

import tempfile
from typing import Literal

import numpy as np

from istdbench.errors import UsageError

RUN = 1 << 24
"""Scores of a sorted run, 64 MiB in float32: 256 images of 256 x 256."""


class SortedScores:
    """Counts how many scores lie above a threshold, whatever the threshold is.

    Nothing is binned. The scores are kept as sorted runs, and what is counted is the sum over the runs. A full run goes
    to a temporary file (4 bytes a pixel of float32 maps, in the folder that TMPDIR names), which the operating system
    pages in and out and which goes away with this object.

    >>> scores = SortedScores()
    >>> scores.add(np.array([[0.5, 0.1], [0.5, 0.9]]))
    >>> scores.above(np.array([0.0, 0.5])).tolist(), scores.at_least(np.array([0.5])).tolist(), len(scores)
    ([4, 1], [3], 4)
    >>> scores.before(np.array([0.1, 0.5])).tolist()
    [-inf, 0.1]
    """

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []
        self._new: list[np.ndarray] = []
        self._length = self._new_length = 0

    def add(self, scores: np.ndarray) -> None:
        """Add scores, of any shape.

        Raises:
            UsageError: a full run cannot be written.
        """
        self._new.append(scores.flatten())
        self._length += scores.size
        self._new_length += scores.size
        if self._new_length >= RUN:
            self._runs.append(_stored(self._sorted_new()))
            self._new, self._new_length = [], 0

    def __len__(self) -> int:
        return self._length

    def above(self, thresholds: np.ndarray) -> np.ndarray:
        """How many scores are greater than each threshold: (k,) int64."""
        return self._length - np.sum(self._places(thresholds, "right"), axis=0)

    def at_least(self, thresholds: np.ndarray) -> np.ndarray:
        """How many scores are each threshold or greater: (k,) int64."""
        return self._length - np.sum(self._places(thresholds, "left"), axis=0)

    def before(self, thresholds: np.ndarray) -> np.ndarray:
        """The highest score lower than each threshold, -inf where there is none: (k,) of the scores' type, or of
        the smallest floats that hold them where that is no float and has no infinity."""
        runs = self._all_runs()
        highest = np.full(len(thresholds), -np.inf, dtype=np.result_type(np.float16, *runs))
        for run, place in zip(runs, self._places(thresholds, "left"), strict=True):
            highest = np.maximum(highest, np.where(place > 0, run[place - 1], -np.inf))
        return highest

    def _places(self, thresholds: np.ndarray, side: Literal["left", "right"]) -> list[np.ndarray]:
        return [np.searchsorted(run, thresholds, side=side) for run in self._all_runs()]

    def _all_runs(self) -> list[np.ndarray]:
        return [*self._runs, self._sorted_new()] if self._new else self._runs

    def _sorted_new(self) -> np.ndarray:
        if len(self._new) > 1 or np.any(self._new[0][1:] < self._new[0][:-1]):
            self._new = [np.sort(np.concatenate(self._new))]
        return self._new[0]


def _stored(run: np.ndarray) -> np.ndarray:
    try:
        with tempfile.TemporaryFile() as file:
            file.write(run.data)
            file.flush()
            return np.memmap(file, dtype=run.dtype, mode="r")
    except OSError as error:
        folder = tempfile.gettempdir()
        raise UsageError(f"no room for the scores of the curves in {folder}: {error}; set TMPDIR") from error
