"""Facts about one image and its mask, which the doctor measures first and judges after."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.digest import image_digest
from istdbench.datasets.images import open_image, read_image, size, to_gray
from istdbench.datasets.paired_files import PairedFiles
from istdbench.errors import DataError


@dataclass(frozen=True)
class Facts:
    """Findings on one image.

    Attributes:
        name: the image.
        fault: why it cannot be read, as a sentence, else "". With a fault the rest may be empty.
        mode: Pillow's mode of the image file; "" for generated images.
        coloured: some pixel is not pure grey.
        shape: rows and columns.
        digest: hash of size and gray levels; equal for images that look the same to a method.
        mismatch: sizes of mask and image where they differ, as text, else "".
        grey: the mask holds levels other than 0 and 255.
        unsure: mask pixels on which `> 127` and `> 0` differ.
        areas: pixels of each target, 8-connected regions of mask > 127.
    """

    name: str
    fault: str = ""
    mode: str = ""
    coloured: bool = False
    shape: tuple[int, ...] = ()
    digest: str = ""
    mismatch: str = ""
    grey: bool = False
    unsure: int = 0
    areas: tuple[int, ...] = ()


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
    image_path, mask_path = dataset.paths(name)
    image = open_image(image_path, fix=dataset.fix)
    gray = to_gray(image, image_path)
    levels = read_image(mask_path, fix=dataset.fix)
    mask = levels > 127
    return Facts(
        name,
        mode=image.mode,
        coloured=_coloured(image),
        shape=gray.shape,
        digest=image_digest(gray),
        mismatch="" if mask.shape == gray.shape else f"{size(mask.shape)}, its image {size(gray.shape)}",
        grey=bool(((levels > 0) & (levels < 255)).any()),
        unsure=int((mask != (levels > 0)).sum()),
        areas=target_areas(mask),
    )


def _loaded(dataset: Dataset, name: str) -> Facts:
    sample = dataset.load(name)
    return Facts(name, shape=sample.image.shape, digest=image_digest(sample.image), areas=target_areas(sample.mask))


def _coloured(image: Image.Image) -> bool:
    if image.mode not in ("RGB", "RGBA", "P", "CMYK", "YCbCr"):
        return False
    red, green, blue = np.moveaxis(np.asarray(image.convert("RGB")), -1, 0)
    return bool((red != green).any() or (green != blue).any())
