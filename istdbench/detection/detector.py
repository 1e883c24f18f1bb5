"""A method that is ready to detect: its network with the preprocessing that goes with the weights, or its filter."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Literal

import numpy as np
from torch import nn

from istdbench.detection.detections import Detection, find_detections
from istdbench.detection.tiles import Place, cut, is_large, join
from istdbench.errors import DataError, UsageError
from istdbench.methods.method import Classical, Learned, Method
from istdbench.metrics.counting import THRESHOLD
from istdbench.scoring.inputs import InputTransform
from istdbench.scoring.predictors import batch_predictor, classical_score
from istdbench.scoring.threshold import check_threshold
from istdbench.spec import Scalar

Tile = int | Literal["auto"] | None
"""Side of tiles in pixels; None sees every image whole; "auto" cuts those that are much larger than the images that a
stretching network was trained on, see `istdbench.detection.tiles`."""


class Detector:
    """A method ready to detect in images from anywhere.

    Attributes:
        method: the registered method, and its options with their values.
        network: in evaluation mode, on its device; None for a classical method.
        preprocessing: what the network's images go through; None for a classical method.
        threshold: a target is where the score is greater than this.
        weights: the file of the network's weights; None for a classical method.
        trained_side: of the images that a stretching network was trained on, in pixels, before they were stretched;
            None where it is not known, and where nothing is stretched.
        tile: how large images are seen; see `Tile`.
        batch: images, or tiles, that the network sees at once.
    """

    def __init__(
        self,
        method: Method,
        options: Mapping[str, Scalar],
        network: nn.Module | None = None,
        preprocessing: InputTransform | None = None,
        *,
        weights: Path | None = None,
        trained_side: int | None = None,
        threshold: float = THRESHOLD,
        tile: Tile = "auto",
        batch: int = 1,
        device: str = "cpu",
    ) -> None:
        """Put a method together; `istdbench.load` finds what it needs by name.

        Raises:
            UsageError: a threshold, a tile or a batch that cannot be.
        """
        check_threshold(threshold)
        if not _counts(batch) or not (tile in ("auto", None) or _counts(tile)):
            raise UsageError(
                f"batch {batch}, tile {tile}: both are whole numbers of at least 1; a tile may be 'auto' or None too"
            )
        if isinstance(tile, int) and network is None:
            raise UsageError(
                f"method {method.name!r} sets its threshold by the whole image, so that tiles would each have their "
                "own; leave the tile out"
            )
        self.method, self.options = method, options
        self.network, self.preprocessing = network, preprocessing
        self.weights, self.trained_side = weights, trained_side
        self.threshold, self.tile, self.batch = threshold, tile, batch
        if network is not None and preprocessing is not None:
            assert isinstance(method, Learned), f"{method.name} has no network"
            self._look = batch_predictor(network, method.channels, preprocessing, device)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """The score map (H, W) in [0, 1] of one image.

        Args:
            image: gray, (H, W), in 0..255; (frames, H, W), oldest first, for a method of several frames, whose map is
                that of the last one. Levels of a camera become 0..255 by `--range` on the command line. Decimal levels
                of 0..1 give a warning: an image of them is black.

        Raises:
            DataError: an image that is none.
        """
        gray = self._gray(image)
        if np.asarray(image).dtype.kind == "f" and 0 < gray.max() <= 1:
            warnings.warn(
                f"levels end at {gray.max():g}: gray is 0 to 255 here; multiply those of 0 to 1", stacklevel=2
            )
        return self.scores([gray])[0]

    def scores(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The score maps of images, as `__call__`; those of one size go through the network `batch` at a time.

        In batches of more than one, scores may differ from those of one image at a time by some 1e-6.

        Raises:
            DataError: as `__call__`.
        """
        grays = [self._gray(image) for image in images]
        if isinstance(self.method, Classical):
            return [classical_score(self.method, gray, self.options) for gray in grays]
        places = [self.places(gray.shape[-2:]) for gray in grays]
        seen = self._seen([gray[..., *place] for gray, cuts in zip(grays, places, strict=True) for place in cuts])
        return [
            next(seen) if len(cuts) == 1 else join(list(islice(seen, len(cuts))), cuts, gray.shape[-2:])
            for gray, cuts in zip(grays, places, strict=True)
        ]

    def detect(self, image: np.ndarray, threshold: float | None = None) -> list[Detection]:
        """The targets in one image, which is as for `__call__`.

        Args:
            threshold: in place of the detector's own.

        Raises:
            DataError: as `__call__`.
            UsageError: a threshold that is not in [0, 1).
        """
        if threshold is not None:
            check_threshold(threshold)
        return find_detections(self(image), self.threshold if threshold is None else threshold)

    def places(self, shape: Sequence[int]) -> list[Place]:
        """The tiles that an image (H, W) is seen in; one, the whole, where it is not cut."""
        side = self.tile
        if side == "auto":
            side = self.trained_side if self.trained_side and is_large(shape, self.trained_side) else None
        return cut(shape, max(shape) if side is None else side)

    def _seen(self, pieces: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """The score maps of images or sequences of any size, one after the other, in batches of one size."""
        assert self.preprocessing is not None
        stretched = self.preprocessing.resize is not None
        for _, alike in groupby(pieces, key=lambda piece: stretched or piece.shape):
            while batch := list(islice(alike, self.batch)):
                yield from (maps.score for maps in self._look(batch))

    def _gray(self, image: np.ndarray) -> np.ndarray:
        """An image as a method takes it. Whole grey levels would be rounded where an image is stretched."""
        levels = np.asarray(image)
        if levels.dtype.kind not in "buif":
            raise DataError(f"an image is an array of its levels; this is {type(image).__name__} of {levels.dtype}")
        gray = levels.astype(np.float32, copy=False)
        if gray.size and (gray.min() < 0 or gray.max() > 255):
            raise DataError(
                f"levels {gray.min():g} to {gray.max():g}: gray is 0 to 255 here; scale the levels first, as "
                "`istdbench predict --range` does"
            )
        frames = self.method.frames
        wanted = "(H, W)" if frames == 1 else f"({frames}, H, W)"
        right = gray.ndim == 2 if frames == 1 else gray.ndim == 3 and len(gray) == frames
        if not right or not gray.size or not np.isfinite(gray).all():
            raise DataError(f"an image is gray, {wanted}, and its levels are finite numbers; this one is {gray.shape}")
        return gray


def _counts(value: object) -> bool:
    return isinstance(value, int) and 1 <= value <= sys.maxsize
