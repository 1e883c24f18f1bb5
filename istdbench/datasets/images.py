"""Images and masks from files of any common mode, as gray float32 in 0..255 and as bool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from istdbench.datasets.dataset import Sample
from istdbench.errors import DataError
from istdbench.lazy import numpy as np

if TYPE_CHECKING:
    from PIL import Image


def open_image(path: Path, *, fix: str = "replace the file") -> Image.Image:
    """The decoded image, in the file's own mode.

    Raises:
        DataError: the file is absent, truncated, corrupt or no image; names it, and `fix` as what to do.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
            return image
    except Exception as error:  # a damaged file makes Pillow raise almost anything, from OSError to TypeError
        raise DataError(f"{path}: cannot be read as an image ({error}); {fix}") from error


def to_gray(image: Image.Image, path: Path) -> np.ndarray:
    """Gray levels of the image decoded from `path`: (H, W) float32, 0 to 255.

    Colour becomes ITU-R 601 luma (Pillow's integer form, exact where R = G = B), alpha is dropped,
    16-bit levels are divided by 257.

    Raises:
        DataError: levels outside 8 or 16 bits, or a mode without a gray value; names the file and what it holds.
    """
    if image.mode.startswith("I"):
        levels = np.asarray(image)
        if levels.min() < 0 or levels.max() > 65535:
            raise _no_gray(path, f"levels {levels.min()} to {levels.max()}")
        return (levels / 257).astype(np.float32)
    if image.mode in ("F", "LAB", "HSV"):
        raise _no_gray(path, f"mode {image.mode}")
    return np.asarray(image.convert("RGB").convert("L"), dtype=np.float32)


def read_image(path: Path, *, fix: str = "replace the file") -> np.ndarray:
    """An image file as (H, W) float32 gray, 0 to 255; see `to_gray`.

    Raises:
        DataError: the file cannot be read or has no gray levels of 8 or 16 bits; names it and `fix`.
    """
    return to_gray(open_image(path, fix=fix), path)


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


def size(shape: tuple[int, ...]) -> str:
    """Rows and columns as text: `220 x 325`."""
    return " x ".join(map(str, shape))


def _no_gray(path: Path, what: str) -> DataError:
    return DataError(f"{path}: {what} cannot be taken as gray; save it as 8- or 16-bit gray or as RGB")
