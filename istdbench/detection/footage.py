"""What is given to look at: image files, videos and folders of them, sorted out into clips of frames."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from istdbench.datasets.found_files import require_utf8
from istdbench.datasets.images import IMAGE_SUFFIXES, count_pages
from istdbench.datasets.windows import in_order, jumps
from istdbench.detection.video import VIDEO_SUFFIXES, count_frames
from istdbench.errors import DataError
from istdbench.settings import expanded

ENDINGS = (*IMAGE_SUFFIXES, ".npy", *VIDEO_SUFFIXES)


@dataclass(frozen=True)
class File:
    """A file of one image or of many.

    Attributes:
        name: its path from the deepest folder that holds all that was given, with "/": what outputs call it.
        frames: how many it says that it has; 1 where it cannot be read, which shows when it is.
    """

    path: Path
    name: str
    frames: int

    @property
    def many(self) -> bool:
        """Whether its frames are numbered: it has several, or is a video."""
        return self.frames > 1 or self.path.suffix.lower() in VIDEO_SUFFIXES

    def stem(self, number: int) -> str:
        """Where outputs of a frame go, without ending: `a/x` of `a/x.png`, `a/x.avi/000012` of a file of many frames.

        No folder can be called as a file beside it, so that the two kinds never meet.
        """
        return f"{self.name}/{number:06d}" if self.many else str(PurePosixPath(self.name).with_suffix(""))

    @property
    def order(self) -> tuple[object, ...]:
        """By folder, then by name, with numbers as numbers: `frame_9.png` stands before `frame_10.png`."""
        folder, _, last = self.name.rpartition("/")
        return (in_order(folder), in_order(last), last)


@dataclass(frozen=True)
class Clip:
    """Frames in the order of time: those of one file, or the single images of a folder in the order of their names.

    Attributes:
        path: of the file or folder.
    """

    path: Path
    files: tuple[File, ...]

    @property
    def frames(self) -> int:
        """How many frames it says that it has."""
        return sum(file.frames for file in self.files)

    @property
    def jumps(self) -> list[tuple[str, str]]:
        """Neighbours among the files whose names do not count on, see `istdbench.datasets.windows`."""
        return jumps(file.stem(0) for file in self.files if not file.many)


def find_clips(given: Sequence[Path], out: Path) -> list[Clip]:
    """The clips in files and folders, which are searched to their depth, through links; hidden files are passed over.

    Args:
        out: folder of the outputs; nothing in it is taken for an input.

    Raises:
        DataError: something given is not there, of no known kind or `out` itself, has a name that is no UTF-8, or
            there is nothing at all.
        OSError: a folder cannot be searched.
    """
    named, outputs = [_absolute(path) for path in given], _absolute(out)
    if outputs in named:
        raise DataError(f"{out} is an input, and can be no folder of outputs too; choose another")
    paths = {found: None for path in named for found in _files_of(path, outputs)}
    for path in paths:
        require_utf8(path)
    if not paths:
        raise DataError(f"{', '.join(map(str, given))}: nothing to look at; file endings are {', '.join(ENDINGS)}")
    base = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in named]))
    files = sorted((_file(path, path.relative_to(base).as_posix()) for path in paths), key=lambda file: file.order)
    together: dict[Path, list[File]] = {}
    for file in files:
        together.setdefault(file.path if file.many else file.path.parent, []).append(file)
    return [Clip(path, tuple(those)) for path, those in together.items()]


def _files_of(path: Path, out: Path) -> Iterator[Path]:
    if path.is_file():
        if path.suffix.lower() not in ENDINGS:
            raise DataError(f"{path}: no file of images that is known; endings are {', '.join(ENDINGS)}")
        yield path
        return
    if not path.is_dir():
        raise DataError(f"{path}: no such file or folder")
    within: set[str] = set()  # folders by what they really are: a link may lead back to where it lies
    for folder, folders, files in os.walk(path, onerror=_stop, followlinks=True):
        if (real := os.path.realpath(folder)) in within:
            folders.clear()
            continue
        within.add(real)
        folders[:] = [name for name in folders if name[0] != "." and Path(folder, name) != out]
        yield from (Path(folder, name) for name in files if name[0] != "." and Path(name).suffix.lower() in ENDINGS)


def _stop(error: OSError) -> None:
    """A folder that cannot be searched is an error, not an empty one."""
    raise error


def _file(path: Path, name: str) -> File:
    count = count_frames if path.suffix.lower() in VIDEO_SUFFIXES else count_pages
    try:
        return File(path, name, max(1, count(path)))
    except DataError:
        return File(path, name, 1)


def _absolute(path: Path) -> Path:
    """Without `..`, and with links as they are called: what they lead to may have any name."""
    return Path(os.path.abspath(expanded(path)))  # noqa: PTH100
