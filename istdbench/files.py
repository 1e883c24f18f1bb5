"""Files written whole or not at all, and their SHA-256."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from istdbench.errors import DataError, IstdbenchError

_FIXES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EACCES: "make the folder writable or choose another",
    errno.EPERM: "make the folder writable or choose another",
    errno.EROFS: "choose a folder on a writable disk",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.ENOTDIR: "choose a folder",
    errno.EISDIR: "choose a file",
}
TEMPORARY = ".????????????????.tmp"
"""The names of `temporary_beside`, for `glob`."""
LONGEST_INSIDE = 600
"""Bytes of the longest paths that are made within a folder: of a data set, a protocol and a run."""


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` so that a reader, or a crash at any moment, sees the old file or the new one.

    Once it returns, the new file outlasts a power failure.

    Missing parent folders are made. Text is written as UTF-8, with its line ends as they are, see `readable`.

    Raises:
        IstdbenchError: the disk is full or the folder cannot be written; names `path` and the fix.
            The old file is untouched and no temporary file stays.
    """
    content = readable(data).encode() if isinstance(data, str) else data
    temporary = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_to_disk(temporary, content)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        reason, fix = error.strerror or error, fix_of(error)
        raise IstdbenchError(f"{path}: not written ({reason}); {fix} and run again") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_to_disk(path: Path, data: bytes) -> None:
    """Write a new file, and wait until its content is on the disk.

    Raises:
        OSError: it is there already, or cannot be written.
    """
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, so that a rename in it outlasts a power failure."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(opened)


def temporary_beside(path: Path) -> Path:
    """Where something is made that then takes the name `path`; short, so that every name that fits can be written."""
    return path.with_name(f".{_mark(path)}{secrets.token_hex(4)}.tmp")


def _mark(path: Path) -> str:
    """Eight characters that the temporary files of one name have in common."""
    return sha256_bytes(os.fsencode(path.name))[:8]


def is_leftover(path: Path) -> bool:
    """Whether a path is, or lies in, what a killed process was making: it means nothing to anyone."""
    return any(fnmatchcase(part, TEMPORARY) for part in path.parts)


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes were making in a folder; only where no other process can write there now."""
    _remove(folder.glob(TEMPORARY))


def remove_leftovers_of(path: Path) -> None:
    """As `remove_leftovers`, of one path alone, in a folder where others may write other files."""
    _remove(path.parent.glob(f".{_mark(path)}????????.tmp"))


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def check_writable(path: Path, *, folder: bool = False) -> None:
    """Find out before long work whether its result can be written, without writing anything.

    Args:
        folder: whether files will be written within `path`, and not to it.

    Raises:
        IstdbenchError: the path is too long for the file system, a file stands where a folder is needed or the other
            way round, or the folder cannot be written; names `path` and the fix.
    """
    there = next(parent for parent in (path, *path.absolute().parents) if os.path.lexists(parent))
    code = _obstacle(path, there, folder)
    if code:
        raise IstdbenchError(f"{path}: cannot be written ({os.strerror(code)}); {_FIXES[code]}")


def within(folder: Path, name: str) -> Path:
    """The path of a name under a folder; `seq1/0001` is one.

    Raises:
        DataError: it leads elsewhere, and nothing may be written there.
    """
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts or "\0" in name:
        raise DataError(f"{name!r} leads out of {folder}; name the image by a path below its folder, such as seq1/0001")
    return folder / name


def is_file(path: Path) -> bool:
    """Whether a file is there; False, where `Path.is_file` raises, of a path that none can have."""
    return os.path.isfile(path)  # noqa: PTH113


def refuse_pipe(path: Path) -> None:
    """Refuse a named pipe, whose reader waits without end; before a file is opened that may be anything.

    Raises:
        OSError: it is one.
    """
    if path.is_fifo():
        raise OSError(errno.EINVAL, "a named pipe", str(path))


def read_file(path: Path) -> bytes:
    """The content of a file that may be anything.

    Raises:
        OSError: it cannot be read, or is a named pipe.
    """
    refuse_pipe(path)
    return path.read_bytes()


def _obstacle(path: Path, there: Path, folder: bool) -> int:
    """Why a path cannot be written, as an error number; 0 where it can. `there` is what exists of it."""
    holds = there if there.is_dir() else there.parent
    longest_name = max(len(os.fsencode(name)) for name in path.absolute().parts)
    length = len(os.fsencode(path)) + (LONGEST_INSIDE if folder else 0)
    if longest_name > os.pathconf(holds, "PC_NAME_MAX") or length > os.pathconf(holds, "PC_PATH_MAX"):
        return errno.ENAMETOOLONG
    if not there.is_dir() and (folder or there != path):
        return errno.ENOTDIR
    if there == path and there.is_dir() and not folder:
        return errno.EISDIR
    return 0 if os.access(holds, os.W_OK | os.X_OK) else errno.EACCES


def fix_of(error: Exception, otherwise: str = "check the path and the disk") -> str:
    """What a person can do about an error of the file system; `otherwise` where its number says nothing."""
    return _FIXES.get(getattr(error, "errno", None) or 0, otherwise)


def file_error(error: OSError) -> str | None:
    """An error of the file system as a sentence on its file; None of one that names no file, such as a closed pipe."""
    if error.filename is None:
        return None
    return f"{error.filename}: {error.strerror}; check the path, who may read and write it, and the disk"


def readable(text: str) -> str:
    """A text as any UTF-8 file can hold it: bytes of a path that are no UTF-8 become escapes such as `\\udcff`."""
    return text.encode(errors="backslashreplace").decode()


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_json(value: Any) -> str:
    """SHA-256 of a value as JSON with sorted keys: equal values give equal hashes, whatever the order of keys."""
    return sha256_bytes(json.dumps(value, sort_keys=True).encode())


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content in hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
