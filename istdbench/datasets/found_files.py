"""Image files in folders of folders, by name: their path below the folder, without ending."""

from __future__ import annotations

from pathlib import Path

from istdbench.datasets.images import IMAGE_SUFFIXES, count_pages
from istdbench.errors import DataError

TIFF_SUFFIXES = (".tif", ".tiff")
"""Of the files that may have several pages."""


def find_images(folder: Path) -> dict[str, Path]:
    """Name to image file, sorted by name: `0001`, and `seq1/0001` of a folder in the folder.

    Hidden files and folders, as file systems and archives leave them behind, are passed over.

    Raises:
        DataError: the folder is absent or holds no image, two files have one name, or one has a name that is no UTF-8.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: cannot be listed (no such folder); PATH/images and PATH/masks are needed")
    inside = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    files: dict[str, Path] = {}
    for path in inside:
        if any(part.startswith((".", "__MACOSX")) for part in path.parts):
            continue
        require_utf8(folder / path)
        name = path.with_suffix("").as_posix()
        if name in files:
            raise DataError(f"{folder}: {files[name].relative_to(folder)} and {path} have one name; keep one of them")
        files[name] = folder / path
    if not files:
        raise DataError(f"{folder}: no image file; endings are {', '.join(IMAGE_SUFFIXES)}")
    return files


def require_utf8(path: Path) -> None:
    """Refuse a path that no record, table or page can hold.

    Raises:
        DataError: its name is no UTF-8; names it, with escapes in the place of what is not.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"{str(path)!a}: the name is no UTF-8, and no record or page could hold it; rename it"
        ) from error


def pages_of(path: Path) -> int:
    """How many pages a file of a data set has; only a TIFF is opened, others have one.

    Raises:
        DataError: it is no TIFF.
    """
    return count_pages(path) if path.suffix.lower() in TIFF_SUFFIXES else 1


def subfolder(folder: Path, name: str) -> Path:
    """The folder of that name, in small letters or, where there is none, in any."""
    exact = folder / name
    if exact.is_dir() or not folder.is_dir():
        return exact
    alike = sorted(path for path in folder.iterdir() if path.name.lower() == name and path.is_dir())
    return alike[0] if alike else exact
