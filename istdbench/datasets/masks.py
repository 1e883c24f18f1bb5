"""Masks from files, and images with their masks."""

from __future__ import annotations

from pathlib import Path

from istdbench.datasets.dataset import Sample
from istdbench.datasets.images import read_image, size
from istdbench.errors import DataError
from istdbench.lazy import numpy as np


def read_mask(path: Path, *, grey: bool = False, fix: str = "replace the file") -> np.ndarray:
    """A mask file as (H, W) bool: True where the level is above 127.

    Args:
        grey: the data set declares masks with levels other than 0 and 255; without it they are refused,
            because `> 127` and `> 0` would then score differently.

    Raises:
        DataError: the file cannot be read, or holds undeclared grey levels; names it and them.
    """
    levels = read_image(path, fix=fix)
    others = np.unique(levels[(levels != 0) & (levels != 255)])
    if others.size and not grey:
        shown = ", ".join(f"{level:g}" for level in others[:8]) + (", ..." if others.size > 8 else "")
        raise DataError(
            f"{path}: a mask is 0 and 255, this one also holds {shown}; save it so, "
            "or declare grey_masks=true to take > 127 as target"
        )
    return levels > 127


def read_sample(dataset: str, name: str, image_path: Path, mask_path: Path, *, grey: bool, fix: str) -> Sample:
    """One image with its mask.

    Raises:
        DataError: a file cannot be read, the mask is grey undeclared, or its size is not its image's.
    """
    image = read_image(image_path, fix=fix)
    mask = read_mask(mask_path, grey=grey, fix=fix)
    if mask.shape != image.shape:
        raise DataError(
            f"{dataset}: mask of {name} is {size(mask.shape)}, its image {size(image.shape)}; "
            f'run "istdbench data check {dataset}"'
        )
    return Sample(name, image, mask)
