"""Images from files of any common mode: the levels of each page in the file's own units, and gray in 0..255."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from istdbench.datasets.levels import FULL, Ends, Range
from istdbench.datasets.pixels import luma, opened
from istdbench.errors import DataError
from istdbench.lazy import numpy as np

IMAGE_SUFFIXES = (".png", ".bmp", ".jpg", ".jpeg", ".tif", ".tiff")
"""What a data set's files end with, in small or capital letters. NPY is read too, where a file is named."""
REPLACE = "replace the file"


def read_pages(path: Path, *, fix: str = REPLACE) -> Iterator[np.ndarray]:
    """The levels of every page of a file, one after the other: (H, W) each, in the file's own units and type.

    PNG, BMP and JPEG have one page, TIFF one or many (smaller copies of a page are passed over), and NPY is one image
    (H, W) or (frames, H, W). Colour becomes luma. Nothing is read before a page is asked for.

    Raises:
        DataError: the file is absent, truncated, corrupt or no image, or a page has no gray levels; names it and `fix`.
    """
    with _named(path, fix), opened(path) as pages:
        if not pages:
            raise DataError(f"holds no image; {fix}")
        for page in pages:
            yield luma(page())


def count_pages(path: Path, *, fix: str = REPLACE) -> int:
    """How many pages `read_pages` gives; none is decoded.

    Raises:
        DataError: the file is absent or no image; names it and `fix`.
    """
    with _named(path, fix), opened(path) as pages:
        return len(pages)


def read_pixels(path: Path, page: int | None = None, *, fix: str = REPLACE) -> np.ndarray:
    """One page as it is: (H, W), or (H, W, 3) of a colour file, in the file's own units and type.

    Args:
        page: counted from 0; None is the only one, and a file of several is refused.

    Raises:
        DataError: as `read_pages`, or the file has several pages and none was named.
    """
    with _named(path, fix), opened(path) as pages:
        if page is None and len(pages) > 1:
            raise DataError(f"{len(pages)} pages where one image is needed; save each page as a file of its own")
        if page is not None and page >= len(pages):
            raise DataError(f"page {page + 1} is missing, it has {len(pages)}; {fix}")
        return pages[page or 0]()


def read_image(
    path: Path, page: int | None = None, levels_range: Range = FULL, ends: Ends | None = None, *, fix: str = REPLACE
) -> np.ndarray:
    """One page as (H, W) float32 gray, 0 to 255.

    Args:
        page: as `read_pixels`.
        levels_range, ends: as `Range.gray`.

    Raises:
        DataError: as `read_pixels`, or the range does not take the levels; names the file.
    """
    return to_gray(luma(read_pixels(path, page, fix=fix)), path, levels_range, ends)


def to_gray(levels: np.ndarray, path: Path, levels_range: Range = FULL, ends: Ends | None = None) -> np.ndarray:
    """The levels (H, W) of a file as gray, see `Range.gray`.

    Raises:
        DataError: the range does not take them, or all are beyond one end of it; names the file.
    """
    with _named(path, REPLACE):
        low, high = levels_range.ends(levels) if ends is None else ends
        if low < high and (levels.max() <= low or levels.min() >= high) and levels.min() < levels.max():
            raise DataError(f"levels {levels.min():g} to {levels.max():g} are outside the range {low:g}:{high:g}")
        return levels_range.gray(levels, (low, high))


def size(shape: tuple[int, ...]) -> str:
    """Rows and columns as text: `220 x 325`."""
    return " x ".join(map(str, shape))


@contextmanager
def _named(path: Path, fix: str) -> Iterator[None]:
    """Errors name the file."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except Exception as error:  # a damaged file makes Pillow raise almost anything, from OSError to TypeError
        raise DataError(f"{path}: cannot be read as an image ({error}); {fix}") from error
