"""The one loop over images: each is read once and predicted once, and its score map is shown to every collector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from istdbench.datasets.dataset import Dataset, Sample
from istdbench.errors import DataError
from istdbench.scoring.ahead import ahead
from istdbench.scoring.reading import rounded

AHEAD = 1
"""Images that are read while the one before them is predicted: who predicts faster than that waits for the disk."""


class Maps(NamedTuple):
    """The score map of one image, in [0, 1].

    Attributes:
        score: (H, W) on the image's own grid.
        raw: (h, w) on the grid that it was made on: a network's input without its padding, else the image's own.
    """

    score: np.ndarray
    raw: np.ndarray


Predictor = Callable[[Sample], Maps]
"""The score map of an image. Only its name and its gray levels may be looked at, never its mask."""
ScoreOf = Callable[[str, np.ndarray], np.ndarray]
"""The score map (H, W) of an image, given its name and its gray image (H, W), 0..255: how users write a predictor."""


class Collector(Protocol):
    """Takes what it needs of each image."""

    def take(self, sample: Sample, maps: Maps) -> None:
        """Take one image with its score map.

        Raises:
            DataError: the map does not fit the mask, or is none.
        """


def score_images(predict: Predictor, dataset: Dataset, names: Iterable[str], *collectors: Collector) -> None:
    """Show the images of a data set, with their score maps, to the collectors.

    Raises:
        DataError: as `each_image`.
    """
    for _ in each_image(predict, dataset, names, *collectors):
        pass


def each_image(
    predict: Predictor, dataset: Dataset, names: Iterable[str], *collectors: Collector
) -> Iterator[tuple[Sample, Maps]]:
    """The images of a data set with their score maps, once the collectors have seen them.

    A thread reads the next image meanwhile. Images are predicted one by one: PyTorch chooses other algorithms for a
    batch, whose maps differ by some 1e-6 from those of one at a time.

    Raises:
        DataError: an image cannot be read, or its score map does not fit; the message names the image.
    """
    for name, sample in ahead(((name, dataset.load(name)) for name in names), AHEAD):
        try:
            maps = predict(sample)
            for collector in collectors:
                collector.take(sample, maps)
        except DataError as error:
            raise DataError(f"{dataset.name}, {name}: {error}") from error
        yield sample, maps


def predictor_of(score_of: ScoreOf) -> Predictor:
    """The predictor that a function of name and image makes; see `istdbench.scoring.reading.rounded`."""

    def predict(sample: Sample) -> Maps:
        score = np.asarray(score_of(sample.name, sample.image.copy()))
        if score.dtype.kind not in "biuf":
            raise DataError(f"a score map of type {score.dtype}; return numbers (H, W) from 0 to 1")
        score = rounded(score)
        return Maps(score, score)

    return predict
