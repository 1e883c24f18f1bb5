"""Images from files of any common mode: the levels of each page in the file's own units, and gray in 0..255."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from istdbench.datasets.levels import FULL, Range
from istdbench.errors import DataError
from istdbench.lazy import cv2
from istdbench.lazy import numpy as np

if TYPE_CHECKING:
    from PIL import Image

IMAGE_SUFFIXES = (".png", ".bmp", ".jpg", ".jpeg", ".tif", ".tiff")
"""What a data set's files end with, in small or capital letters. NPY is read too, where a file is named."""
Page = Callable[[], "np.ndarray"]
PREVIEW = 1
"""The bit of a TIFF page's tag 254, NewSubfileType, that marks a smaller copy of another page."""


def open_image(path: Path, *, fix: str = "replace the file") -> Image.Image:
    """The decoded first page, in the file's own mode.

    Raises:
        DataError: the file is absent, truncated, corrupt or no image; names it, and `fix` as what to do.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            image.load()
            return image
    except Exception as error:  # a damaged file makes Pillow raise almost anything, from OSError to TypeError
        raise _unreadable(path, error, fix) from error


def read_pages(path: Path, first: int = 0, *, fix: str = "replace the file") -> Iterator[np.ndarray]:
    """The levels of every page of a file, one after the other: (H, W) each, in the file's own units and type.

    PNG, BMP and JPEG have one page, TIFF one or many (smaller copies of a page are passed over), and NPY is one image
    (H, W) or (frames, H, W). Colour becomes luma, see `page_levels`. Nothing is read before a page is asked for.

    Args:
        first: the page to begin with, counted from 0; those before it are not decoded.

    Raises:
        DataError: the file is absent, truncated, corrupt or no image, or a page has no gray levels; names it and `fix`.
    """
    try:
        with _opened(path) as pages:
            for page in pages[first:]:
                yield page()
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except Exception as error:  # as in `open_image`
        raise _unreadable(path, error, fix) from error


def count_pages(path: Path, *, fix: str = "replace the file") -> int:
    """How many pages `read_pages` gives; none is decoded.

    Raises:
        DataError: the file is absent or no image; names it and `fix`.
    """
    try:
        with _opened(path) as pages:
            return len(pages)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except Exception as error:  # as in `open_image`
        raise _unreadable(path, error, fix) from error


def page_levels(image: Image.Image) -> np.ndarray:
    """The levels of an image as Pillow decodes it: (H, W) uint8, uint16, int32 or float32.

    Colour becomes ITU-R 601 luma (Pillow's integer form, exact where R = G = B), a palette its colours, black and white
    0 and 255; alpha is dropped.

    Raises:
        DataError: a mode without a gray value; names it.
    """
    if image.mode[0] in "IF":
        levels = np.asarray(image)
        return levels.astype(levels.dtype.newbyteorder("="), copy=False)
    if image.mode in ("LAB", "HSV"):
        raise DataError(f"mode {image.mode} cannot be taken as gray; save it as 8- or 16-bit gray or as RGB")
    return np.asarray(image.convert("RGB").convert("L"))


def read_image(path: Path, levels_range: Range = FULL, *, fix: str = "replace the file") -> np.ndarray:
    """The one page of a file as (H, W) float32 gray, 0 to 255.

    Raises:
        DataError: the file cannot be read, has several pages, or has levels that the range does not take;
            names it and `fix`.
    """
    if (pages := count_pages(path, fix=fix)) != 1:
        raise DataError(f"{path}: {pages} pages where one image is needed; save each page as a file of its own")
    try:
        return levels_range.gray(next(read_pages(path, fix=fix)))
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def size(shape: tuple[int, ...]) -> str:
    """Rows and columns as text: `220 x 325`."""
    return " x ".join(map(str, shape))


@contextmanager
def _opened(path: Path) -> Iterator[list[Page]]:
    """The pages of a file, each to be called for its levels while the file is open."""
    from PIL import Image, UnidentifiedImageError

    if path.suffix.lower() == ".npy":
        yield [partial(_npy_page, page) for page in _npy_pages(path)]
        return
    try:
        image = Image.open(path)
    except UnidentifiedImageError:
        if path.suffix.lower() not in (".tif", ".tiff"):
            raise
        image = None
    if image is not None and not _is_deep_colour(image):
        with image:
            yield [partial(_page, image, number) for number in _numbers(image)]
    elif image is not None and image.format == "PNG":
        yield [partial(_deep_png, path)]
    else:
        import tifffile

        with tifffile.TiffFile(path) as file:
            found: Iterable[Any] = file.pages
            yield [partial(_tiff_page, page) for page in found if not page.is_reduced]


def _is_deep_colour(image: Image.Image) -> bool:
    """Colour of 16 bits, of which Pillow would keep 8."""
    if image.format == "TIFF" and image.mode in ("RGB", "RGBA"):
        return max(image.tag_v2.get(258, (8,))) > 8  # type: ignore[attr-defined]
    return image.format == "PNG" and image.mode in ("RGB", "RGBA", "LA") and ";16" in str(getattr(image, "tile", ""))


def _deep_png(path: Path) -> np.ndarray:
    pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise DataError("damaged PNG of 16-bit colour; save it again")
    return _luma(pixels[..., 2::-1])


def _numbers(image: Image.Image) -> list[int]:
    """The pages of an open file that are images of their own."""
    if image.format != "TIFF":
        return [0] if image.format == "MPO" else list(range(getattr(image, "n_frames", 1)))  # MPO: JPEG with previews
    numbers = []
    for number in range(image.n_frames):  # type: ignore[attr-defined]
        image.seek(number)
        if not image.tag_v2.get(254, 0) & PREVIEW:  # type: ignore[attr-defined]
            numbers.append(number)
    return numbers


def _page(image: Image.Image, number: int) -> np.ndarray:
    image.seek(number)
    return page_levels(image)


def _tiff_page(page: Any) -> np.ndarray:
    return _luma(page.asarray())


def _npy_pages(path: Path) -> Iterable[np.ndarray]:
    levels = np.load(path, mmap_mode="r", allow_pickle=False)
    if levels.ndim not in (2, 3) or (levels.ndim == 3 and levels.shape[2] <= 4) or levels.dtype.kind not in "buif":
        raise DataError(
            f"{levels.dtype} of shape {levels.shape}; save numbers of one gray image (H, W) or of (frames, H, W)"
        )
    return levels[None] if levels.ndim == 2 else levels


def _npy_page(page: np.ndarray) -> np.ndarray:
    return np.where(page, 255, 0).astype(np.uint8) if page.dtype == bool else np.array(page)


def _luma(page: np.ndarray) -> np.ndarray:
    """The gray levels of a page (H, W), (H, W, 3) or (H, W, 4) in its own type; alpha is dropped."""
    if page.ndim == 2:
        return page
    if page.ndim == 3 and page.shape[2] in (3, 4):
        luma = page[..., :3] @ np.array([0.299, 0.587, 0.114])
        return (luma if page.dtype.kind == "f" else luma.round()).astype(page.dtype)
    raise DataError(f"a page of shape {page.shape} cannot be taken as gray; save it as gray or RGB")


def _unreadable(path: Path, error: Exception, fix: str) -> DataError:
    return DataError(f"{path}: cannot be read as an image ({error}); {fix}")
