"""Facts about one image and its mask, which the doctor measures first and judges after."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.digest import image_digest
from istdbench.datasets.filling import filled, sliver
from istdbench.datasets.images import read_pixels, size, to_gray
from istdbench.datasets.levels import Ends
from istdbench.datasets.near_duplicates import Look, look
from istdbench.datasets.paired_files import PairedFiles
from istdbench.datasets.pixels import file_mode, luma
from istdbench.errors import DataError


@dataclass(frozen=True)
class Facts:
    """Findings on one image.

    Attributes:
        name: the image.
        fault: why it cannot be read, as a sentence, else "". With a fault the rest may be empty.
        mode: Pillow's mode of the image file; "" for generated images, and where Pillow does not know its kind.
        coloured: some pixel is not pure grey.
        levels: smallest and largest level of the image, in its file's own units.
        ends: the levels that become 0 and 255.
        filled: share of the range between them that the image spans; see `istdbench.datasets.filling`.
        sliver: what is wrong with a 16-bit image that fills little of it, as a sentence, else "".
        shape: rows and columns.
        digest: hash of size and gray levels; equal for images that look the same to a method.
        mismatch: sizes of mask and image where they differ, as text, else "".
        unusable: why no target can be read from the mask, as a sentence, else "".
        taken: how a mask was read that is not 0 and 255; see `istdbench.datasets.masks`.
        grey: the mask holds more levels than 0 and another.
        unsure: mask pixels on which `> 127` and `> 0` then differ.
        areas: pixels of each target, 8-connected regions.
        look: what is compared with other images for near-duplicates.
    """

    name: str
    fault: str = ""
    mode: str = ""
    coloured: bool = False
    levels: tuple[float, ...] = ()
    ends: Ends | None = None
    filled: float = 0.0
    sliver: str = ""
    shape: tuple[int, ...] = ()
    digest: str = ""
    mismatch: str = ""
    unusable: str = ""
    taken: str = ""
    grey: bool = False
    unsure: int = 0
    areas: tuple[int, ...] = ()
    look: Look | None = None


def examine(dataset: Dataset, name: str) -> Facts:
    """Measure one image of a data set; a file that cannot be read becomes a fault, never an exception."""
    try:
        return _files(dataset, name) if isinstance(dataset, PairedFiles) else _loaded(dataset, name)
    except DataError as error:
        return Facts(name, fault=str(error))


def target_areas(mask: np.ndarray) -> tuple[int, ...]:
    """Pixels of each 8-connected region of a bool mask, in raster order of their first pixels."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return tuple(int(area) for area in stats[1:, cv2.CC_STAT_AREA])


def _files(dataset: PairedFiles, name: str) -> Facts:
    image_path = dataset.paths(name)[0]
    pixels = read_pixels(image_path, dataset.pages(name)[0], fix=dataset.fix)
    levels = luma(pixels)
    gray = to_gray(levels, image_path, dataset.levels_range, dataset.ends(name))
    ends = dataset.ends(name) or dataset.levels_range.ends(levels)
    mask = dataset.examined_mask(name, gray.shape)
    shapes = f"{size(mask.targets.shape)}, its image {size(gray.shape)}"
    return Facts(
        name,
        mode=file_mode(image_path),
        coloured=_coloured(pixels),
        levels=(levels.min().item(), levels.max().item()),
        ends=ends,
        filled=filled(levels, ends),
        sliver=sliver(levels, dataset.levels_range),
        shape=gray.shape,
        digest=image_digest(gray),
        mismatch="" if mask.targets.shape == gray.shape else shapes,
        unusable=mask.unusable,
        taken=mask.taken,
        grey=mask.grey,
        unsure=mask.unsure,
        areas=() if mask.unusable else target_areas(mask.targets),
        look=look(gray),
    )


def _loaded(dataset: Dataset, name: str) -> Facts:
    sample = dataset.load(name)
    return Facts(
        name,
        shape=sample.image.shape,
        digest=image_digest(sample.image),
        areas=target_areas(sample.mask),
        look=look(sample.image),
    )


def _coloured(pixels: np.ndarray) -> bool:
    return pixels.ndim == 3 and bool((pixels != pixels[..., :1]).any())
