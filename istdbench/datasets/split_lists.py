"""Lists of image names, one a line, that make the parts of a split: which files they are, and what a line means."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from istdbench.datasets.found_files import subfolder
from istdbench.datasets.images import IMAGE_SUFFIXES
from istdbench.errors import DataError

PARTS = ("train", "val", "test", "trainval")
BEGINNING = 5
"""Lines by which a text is taken for a list."""
TABLES = (".csv", ".tsv", ".lst", ".list")
"""Endings of other files that may be lists, which are never read as such."""
PLACES = "PATH/{train,val,test,trainval}.txt or PATH/img_idx/{train,val,test,trainval}_NAME.txt"


def read_list(path: Path) -> tuple[str, ...]:
    """Lines of a list: blank ones skipped, an image file's ending dropped.

    Raises:
        DataError: the list is absent or is not text; names it.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DataError(f"{path}: it is no regular file; save the list as a text")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: cannot be read as a list of names ({error}); save it as UTF-8, one name a line"
        ) from error
    return tuple(without_ending(line.strip()) for line in lines if line.strip())


def without_ending(name: str) -> str:
    """`Misc_1.png` and `Misc_1` are one name; `v1.5` is a name too, its dot starts no image file ending."""
    return name[: -len(Path(name).suffix)] if Path(name).suffix.lower() in IMAGE_SUFFIXES else name


def find_lists(folder: Path) -> dict[str, Path]:
    """Part to list: `train.txt` of the folder, else its `train_NAME.txt`, else those of its `img_idx/`.

    Raises:
        DataError: there are several lists of one part, and none stands before the others.
    """
    found: dict[str, Path] = {}
    places = (folder, subfolder(folder, "img_idx"))
    for part in PARTS:
        for exact, place in ((exact, place) for place in places for exact in (True, False)):
            lists = [path for path in _texts(place) if _part(path) == part and (path.stem.lower() == part) == exact]
            if len(lists) > 1:
                names = ", ".join(path.name for path in lists)
                raise DataError(f"{place}: several lists of one part: {names}; keep one, or rename it to {part}.txt")
            if lists:
                found[part] = lists[0]
                break
    return found


def unused_lists(folder: Path, used: Collection[Path], names: ImageNames) -> list[Path]:
    """Texts in the folder, or anywhere below it, that are not used and begin with names of different images.

    Tables too, such as `train.csv`, where they are called as a list is.
    """
    below = sorted(folder.rglob("*"), key=lambda path: (len(path.parts), path))
    texts = [path for path in below if _is_text(path) or (path.suffix.lower() in TABLES and _part(path))]
    seen = [path for path in texts if not any(step.startswith(".") for step in path.relative_to(folder).parts)]
    return [path for path in seen if path not in used and _begins_with_names(path, names)]


class ImageNames:
    """The names of all images, and what a line of a list means among them."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = frozenset(names)
        self.sequences: dict[str, list[str]] = {}
        for name in names:
            for parent in PurePosixPath(name).parents[:-1]:
                self.sequences.setdefault(str(parent), []).append(name)

    def meant(self, line: str) -> tuple[str, ...]:
        """The images that a line means; the line itself, without an ending, where it means none.

        It is an image's name, perhaps with folders before it (`images/a`, `C:\\data\\a`) or columns behind it (`a 1`),
        or the folder or TIFF of a sequence, which is all of its images. Of several names that a line begins with, it
        is the longest.
        """
        whole = line.replace("\\", "/").removeprefix("./")
        ends = [len(whole), *(match.start() for match in reversed([*re.finditer(r"[\s,;]", whole)]))]
        for end in ends:
            steps = without_ending(whole[:end]).split("/")
            for begin in range(len(steps)):
                name = "/".join(steps[begin:])
                if name in self.names:
                    return (name,)
                if name in self.sequences:
                    return tuple(self.sequences[name])
        return (without_ending(whole),)


def _part(path: Path) -> str:
    """The part that a list is of, by its name; "" where it is none."""
    return (re.fullmatch(rf"({'|'.join(PARTS)})(_.+)?", path.stem.lower()) or {1: ""})[1]


def _texts(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _is_text(path))


def _is_text(path: Path) -> bool:
    return path.suffix.lower() == ".txt" and not path.name.startswith(".")


def _begins_with_names(path: Path, names: ImageNames) -> bool:
    try:
        lines = read_list(path)
    except DataError:
        return False
    meant = [names.meant(line)[0] for line in lines[:BEGINNING]]
    if path.suffix.lower() in TABLES and len(meant) > 1 and meant[0] not in names.names:
        meant = meant[1:]  # below the names of its columns
    return 0 < len(meant) == len(names.names.intersection(meant))
