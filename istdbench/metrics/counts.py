"""What is counted on one image: every metric is computed from these integers, so none needs the maps again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter

from istdbench.lazy import numpy as np


@dataclass(frozen=True)
class ImageCounts:
    """Counts of one image, or by `total` of a set of images. Pixels unless said otherwise.

    Attributes:
        pixels: size of the image.
        true_positive: predicted and in the mask; the intersection.
        false_positive: predicted and not in the mask.
        false_negative: in the mask and not predicted.
        targets: regions of the mask (number).
        detected: targets matched with a predicted region, one to one (number).
        regions: predicted regions (number).
        false_regions: predicted regions that no target was matched with (number).
        false_pixels: summed area of the false regions. Not `false_positive`: the ragged edge of a detected target
            counts there and not here.
    """

    pixels: int
    true_positive: int
    false_positive: int
    false_negative: int
    targets: int
    detected: int
    regions: int
    false_regions: int
    false_pixels: int

    @property
    def union(self) -> int:
        """Pixels predicted or in the mask."""
        return self.true_positive + self.false_positive + self.false_negative


FIELDS = tuple(field.name for field in fields(ImageCounts))


def to_table(counts: Iterable[ImageCounts]) -> np.ndarray:
    """A row an image: (n, 9) int64, the columns in the order of `FIELDS`."""
    return np.array([attrgetter(*FIELDS)(image) for image in counts], dtype=np.int64).reshape(-1, len(FIELDS))


def from_table(table: np.ndarray) -> list[ImageCounts]:
    """The images of a table, the inverse of `to_table`."""
    return [ImageCounts(*row) for row in table.tolist()]


def total(counts: Iterable[ImageCounts]) -> ImageCounts:
    """Field by field sum; all zero for no images."""
    return ImageCounts(*to_table(counts).sum(axis=0).tolist())
