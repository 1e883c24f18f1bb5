"""The pages of an image file, by the decoder that knows its kind: Pillow; OpenCV and tifffile where Pillow does not.

Pixels stay as they are in the file, but for a palette, which becomes its colours, black and white, which become 0 and
255, and alpha, which is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from istdbench.errors import DataError
from istdbench.lazy import cv2
from istdbench.lazy import numpy as np

if TYPE_CHECKING:
    from PIL import Image

Page = Callable[[], "np.ndarray"]
"""Decodes a page while its file is open: (H, W), or (H, W, 3) red, green and blue."""
BITS, SUBFILE, PREVIEW = 258, 254, 1
"""Tags of a TIFF page: bits of each channel; NewSubfileType, whose lowest bit marks a smaller copy of another page."""

MOST_NUMBERS = 3 * 178_956_970
"""Of a page that tifffile decodes: three channels of the 13,377 x 13,377 pixels that Pillow takes."""


@contextmanager
def opened(path: Path) -> Iterator[list[Page]]:
    """The pages of a file, each to be called for its pixels.

    Raises:
        Exception: of any kind, as decoders raise it for a damaged file.
    """
    if path.exists() and not path.is_file():  # a named pipe would be waited for without end
        raise DataError("it is no regular file; save the image as one")
    decoder = _decoder(path)
    if decoder == "NumPy":
        yield [partial(_npy_page, page) for page in _npy_pages(path)]
    elif decoder == "OpenCV":
        yield [partial(_deep_png, path)]
    elif decoder == "tifffile":
        import tifffile

        with tifffile.TiffFile(path) as file:
            found: Iterable[Any] = file.pages
            yield [partial(_tiff_page, page) for page in found if not page.is_reduced]
    else:
        from PIL import Image

        with Image.open(path) as image:
            yield [partial(_page, image, number) for number in _numbers(image)]


def luma(pixels: np.ndarray) -> np.ndarray:
    """Gray levels (H, W) of pixels (H, W) or (H, W, 3), in their own type.

    Colour becomes ITU-R 601 luma, in Pillow's integer form where it is whole numbers: exact where R = G = B.
    """
    if pixels.ndim == 2:
        return pixels
    if pixels.dtype.kind == "f":
        return (pixels @ np.array([0.299, 0.587, 0.114])).astype(pixels.dtype)
    return ((pixels @ np.array([19595, 38470, 7471]) + 0x8000) >> 16).astype(pixels.dtype)


def file_mode(path: Path) -> str:
    """Pillow's mode of a file's first page, such as "L"; "" where Pillow does not know its kind."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return image.mode
    except UnidentifiedImageError:
        return ""


def palette_numbers(path: Path) -> np.ndarray | None:
    """The numbers (H, W) uint8 of an image of a palette; None where it has none."""
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image) if image.mode == "P" else None


def varies_in_alpha(path: Path) -> bool:
    """Some pixels of the image are more transparent than others."""
    if file_mode(path) not in ("LA", "PA", "RGBA"):
        return False
    from PIL import Image

    with Image.open(path) as image:
        alpha = np.asarray(image.getchannel("A"))
    return bool((alpha != alpha.flat[0]).any())


def _decoder(path: Path) -> Literal["NumPy", "Pillow", "OpenCV", "tifffile"]:
    """What reads a file. Of colour of 16 bits, Pillow would keep 8."""
    from PIL import Image, UnidentifiedImageError

    if path.suffix.lower() == ".npy":
        return "NumPy"
    try:
        with Image.open(path) as image:
            bits = str(getattr(image, "tile", ""))
            if image.format == "PNG" and image.mode in ("RGB", "RGBA", "LA") and ";16" in bits:
                return "OpenCV"
            if image.format == "TIFF" and image.mode in ("RGB", "RGBA"):
                return "tifffile" if max(image.tag_v2.get(BITS, (8,))) > 8 else "Pillow"  # type: ignore[attr-defined]
    except UnidentifiedImageError:
        if path.suffix.lower() in (".tif", ".tiff"):
            return "tifffile"
        raise
    return "Pillow"


def _numbers(image: Image.Image) -> list[int]:
    """The pages of an open file that are images of their own."""
    if image.format != "TIFF":
        return [0] if image.format == "MPO" else list(range(getattr(image, "n_frames", 1)))  # MPO: JPEG with previews
    numbers = []
    for number in range(image.n_frames):  # type: ignore[attr-defined]
        image.seek(number)
        if not image.tag_v2.get(SUBFILE, 0) & PREVIEW:  # type: ignore[attr-defined]
            numbers.append(number)
    return numbers


def _page(image: Image.Image, number: int) -> np.ndarray:
    image.seek(number)
    if image.mode[0] in "IF":
        levels = np.asarray(image)
        return levels.astype(levels.dtype.newbyteorder("="), copy=False)
    if image.mode in ("LAB", "HSV"):
        raise DataError(f"mode {image.mode} cannot be taken as gray; save it as 8- or 16-bit gray or as RGB")
    return np.asarray(image.convert("L" if image.mode in ("1", "L", "LA") else "RGB"))


def _deep_png(path: Path) -> np.ndarray:
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise DataError("damaged PNG of 16-bit colour; save it again")
    return pixels[..., 2::-1]


def _tiff_page(page: Any) -> np.ndarray:
    if page.size > MOST_NUMBERS:  # as Pillow refuses it of the files that it reads, before it fills the memory
        raise DataError(f"a page of shape {page.shape}, more than {MOST_NUMBERS} numbers; save it in parts")
    pixels = page.asarray()
    if pixels.ndim == 3 and pixels.shape[0] in (3, 4) and pixels.shape[2] > 4:
        pixels = np.moveaxis(pixels, 0, 2)
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        return pixels[..., :3]
    if pixels.ndim != 2:
        raise DataError(f"a page of shape {pixels.shape} cannot be taken as gray; save it as gray or RGB")
    return pixels


def _npy_pages(path: Path) -> Iterable[np.ndarray]:
    levels = np.load(path, mmap_mode="r", allow_pickle=False)
    of_images = levels.ndim == 2 or (levels.ndim == 3 and levels.shape[2] > 4)
    if not of_images or 0 in levels.shape or levels.dtype.kind not in "buif":
        raise DataError(
            f"{levels.dtype} of shape {levels.shape}; save numbers of one gray image (H, W) or of (frames, H, W)"
        )
    return levels[None] if levels.ndim == 2 else levels


def _npy_page(page: np.ndarray) -> np.ndarray:
    return np.where(page, 255, 0).astype(np.uint8) if page.dtype == bool else np.array(page)
