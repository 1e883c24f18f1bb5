"""Files written whole or not at all, and their SHA-256."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from istdbench.errors import IstdbenchError

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
LONGEST_INSIDE = 600
"""Bytes of the longest paths that are made within a folder: of a data set, a protocol and a run."""


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` so that a reader, or a crash at any moment, sees the old file or the new one.

    Missing parent folders are made. Text is written as UTF-8, with its line ends as they are.

    Raises:
        IstdbenchError: the disk is full or the folder cannot be written; names `path` and the fix.
            The old file is untouched and no temporary file stays.
    """
    content = data.encode() if isinstance(data, str) else data
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")  # short, so that every name that fits can be written
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise IstdbenchError(f"{path}: not written ({error.strerror or error}); {_fix(error)} and run again") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


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


def is_file(path: Path) -> bool:
    """Whether a file is there; False, where `Path.is_file` raises, of a path that none can have."""
    return os.path.isfile(path)  # noqa: PTH113


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


def _fix(error: OSError) -> str:
    return _FIXES.get(error.errno or 0, "check the path and the disk")


def file_error(error: OSError) -> str | None:
    """An error of the file system as a sentence on its file; None of one that names no file, such as a closed pipe."""
    if error.filename is None:
        return None
    return f"{error.filename}: {error.strerror}; check the path, who may read and write it, and the disk"


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
